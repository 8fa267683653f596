import { describe, expect, it } from '@jest/globals';
import type { LeadDocument } from '@leadstream/projection/collections';
import { claimed, enrolled, paused, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { documentFaults, missingDocument } from './projection.ts';
import { documentOf } from './testing.ts';

const past: Past[] = [triaged(), enrolled(), stepDue(), claimed('a'), sent('a')];
const events = recorded(past);
const whole = documentOf(past);
const faults = (over: Partial<LeadDocument>, of = whole): string[] => documentFaults({ ...of, ...over }, events).map(({ says }) => says);

describe('a document is right', () => {
  it('when it is what the log folds to', () => expect(faults({})).toEqual([]));
  it('when it is behind, and what the log folds to at its own event', () => expect(faults({}, documentOf(past.slice(0, 2)))).toEqual([]));
  it('when another release has folded it as far', () => expect(faults({ stateVersion: 1, state: '{}', status: 'new' })).toEqual([]));
  it('whatever the order of its keys', () => expect(faults({ state: JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(whole.state) as object).reverse())) })).toEqual([]));
});

describe('a document is wrong', () => {
  it('when its state is another', () => expect(faults({ state: documentOf([...past, paused]).state })).toEqual(['its document at event 50 is not what the log folds to: state']));
  it('when its state is no JSON', () => expect(faults({ state: '{' })).toEqual([expect.stringContaining('state')]));
  it('when what people and the hunter read of it is', () => expect(faults({ nextActionAt: null, status: 'paused' })).toEqual([expect.stringContaining('status, nextActionAt')]));
  it('when it counts otherwise', () => expect(faults({ version: 4 })).toEqual(['its document is version 4 at event 50, the log has 5 events by then']));
  it('when it ends with an event that is not the lead’s', () => expect(faults({ lastSeq: 55 })).toEqual(['its document ends with event 55, which is not in its log']));
  it('when there is no such lead', () => expect(documentFaults(whole, [])).toHaveLength(1));
});

describe('a document is owed', () => {
  const owed = (document: LeadDocument | undefined, projected: number): string[] => missingDocument(document, events, projected).map(({ says }) => says);
  it('up to what the projector has acknowledged, and no further', () => {
    expect(owed(undefined, 9)).toEqual([]);
    expect(owed(undefined, 10)).toEqual(['it has no document, and the projector has acknowledged 10']);
    expect(owed(documentOf(past.slice(0, 2)), 29)).toEqual([]);
    expect(owed(documentOf(past.slice(0, 2)), 30)).toEqual(['its document ends with event 20, and the projector has acknowledged 30']);
  });
});
