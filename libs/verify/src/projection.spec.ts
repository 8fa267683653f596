import { describe, expect, it } from '@jest/globals';
import type { LeadDocument } from '@leadstream/projection/collections';
import { claimed, enrolled, paused, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { documentFaults, missingDocument } from './projection.ts';
import { documentOf } from './testing/logs.ts';

const past: Past[] = [triaged(), enrolled(), stepDue(), claimed('a'), sent('a')];
const events = recorded(past);
const whole = documentOf(past);
const faults = (over: Partial<LeadDocument>, of = whole): string[] =>
  documentFaults({ ...of, ...over }, events).map(({ says }) => says);

describe('a document is right', () => {
  it('when it equals the fold of the log', () => expect(faults({})).toEqual([]));
  it('when it is behind, and equals the fold at its own event', () =>
    expect(faults({}, documentOf(past.slice(0, 2)))).toEqual([]));
  it('when another release has folded it as far', () =>
    expect(faults({ stateVersion: 1, state: '{}', status: 'new' })).toEqual([]));
  it('when its history is longer than a document’s limit', () => {
    const asked: Past[] = [triaged(), enrolled(), ...Array.from({ length: 60 }, () => stepDue())];
    const document = documentOf(asked);
    expect(document.history).toHaveLength(50);
    expect(documentFaults(document, recorded(asked))).toEqual([]);
  });
  it('when another release has other texts for its events', () =>
    expect(faults({ history: whole.history.map((entry) => ({ ...entry, summary: 'Once more' })) })).toEqual([]));
  it('in any order of its keys', () =>
    expect(
      faults({
        state: JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(whole.state) as object).reverse())),
      }),
    ).toEqual([]));
});

describe('a document is wrong', () => {
  it('when its state differs', () =>
    expect(faults({ state: documentOf([...past, paused]).state })).toEqual([
      'its document at event 50 is not what the log folds to: state',
    ]));
  it('when its state is no JSON', () => expect(faults({ state: '{' })).toEqual([expect.stringContaining('state')]));
  it('when its view or its due time differs', () =>
    expect(faults({ nextActionAt: null, status: 'paused' })).toEqual([
      expect.stringContaining('status, nextActionAt'),
    ]));
  it('when a search would find it by another text, or not at all', () => {
    expect(faults({ searchKeys: ['mallory'] })).toEqual([expect.stringContaining('folds to: searchKeys')]);
    expect(faults({ searchKeys: undefined })).toEqual([expect.stringContaining('folds to: searchKeys')]);
  });
  it('when its history differs, whichever release has folded it', () => {
    const history = whole.history.slice(1);
    expect(faults({ history })).toEqual([expect.stringContaining('folds to: history')]);
    expect(faults({ history: whole.history.map((entry) => ({ ...entry, at: new Date(0) })) })).toEqual([
      expect.stringContaining('folds to: history'),
    ]);
    expect(faults({ history: undefined })).toEqual([expect.stringContaining('folds to: history')]);
    expect(faults({ history, stateVersion: 1 })).toEqual([
      expect.stringContaining('does not tell what the log does: history'),
    ]);
  });
  it('when it has a field that the fold does not have', () =>
    expect(faults({ vip: true })).toEqual([expect.stringContaining('folds to: vip')]));
  it('when its version differs', () =>
    expect(faults({ version: 4 })).toEqual(['its document is version 4 at event 50, the log has 5 events by then']));
  it('when it ends with an event that is not the lead’s', () =>
    expect(faults({ lastSeq: 55 })).toEqual(['its document ends with event 55, which is not in its log']));
  it('when it names another event than its log has at that sequence', () =>
    expect(faults({ lastId: 'of a log that is gone' })).toEqual([
      'its document names another event at 50 than its log has there',
    ]));
  it('when its log has the event at another time', () =>
    expect(faults({ updatedAt: new Date(0) })).toEqual([
      'its document names another event at 50 than its log has there',
    ]));
  it('when its lead does not exist', () => expect(documentFaults(whole, [])).toHaveLength(1));
});

describe('a document is required', () => {
  const owed = (document: LeadDocument | undefined, projected: number): string[] =>
    missingDocument(document, events, projected).map(({ says }) => says);
  it('up to the projector’s last acknowledged event, and no further', () => {
    expect(owed(undefined, 9)).toEqual([]);
    expect(owed(undefined, 10)).toEqual(['it has no document, and the projector has acknowledged 10']);
    expect(owed(documentOf(past.slice(0, 2)), 29)).toEqual([]);
    expect(owed(documentOf(past.slice(0, 2)), 30)).toEqual([
      'its document ends with event 20, and the projector has acknowledged 30',
    ]);
  });
});
