import { describe, expect, it } from '@jest/globals';
import { bodyOf, opened, parseData, parseRecorded } from './envelope.ts';
import { catalogue, isEventType, type EventType, type Recorded } from './events.ts';
import { isInClear, join, personal, split } from './personal.ts';

const step = { runId: 'run-1', step: 0, stepId: 'first', audience: 'lead', channel: 'email' };
const send = { ...step, sendId: 'send-1', attempt: 1 };
const fact = { key: 'k', provider: 'sendgrid', at: '2026-11-23T09:00:00Z' };
const route = { sequence: 'content-nurture', tag: 'source:whitepaper', rank: 1 };
const submission = {
  contact: { email: 'jane@example.com', address: 'jane@example.com', firstName: 'Jane', phone: '+4930123456' },
  tags: ['source:whitepaper'],
  route,
  changes: [{ field: 'firstName', from: ' Jane', to: 'Jane', rule: 'trimmed' }],
  intake: { seq: 1, key: 'web/1' },
  zone: { id: 'Europe/Berlin', source: 'phone', confidence: 'medium', evidence: '+49 30' },
  dossier: { source: 'jane’s own', other: { company: 'Doe Ltd' } },
};
const EXAMPLES: Partial<Record<EventType, object>> = {
  'lead.triaged': submission,
  'lead.resubmitted': { ...submission, reason: 'no run was under way' },
  'lead.send-started': {
    ...send,
    action: 'first',
    deadline: '2026-11-23T09:02:00Z',
    previous: { sendId: 'send-0', class: 'timeout', reason: 'jane@example.com is slow' },
  },
  'lead.send-failed': { ...send, class: 'permanent', reason: 'no jane@example.com' },
  'lead.clicked': { ...fact, url: 'https://acme.example/?jane' },
  'lead.bounced': { ...fact, reason: 'no such user jane@example.com' },
  'lead.replied': { ...fact, class: 'human', matchedBy: 'token', evidence: 'wrote Jane', text: 'Jane here' },
  'lead.paused': { by: 'olga', reason: 'Jane called' },
};
const examples = Object.entries(EXAMPLES).filter((entry): entry is [EventType, object] => isEventType(entry[0]));
const WORDS = /jane|\+49|doe/i;

const recordedAs = (type: EventType, body: string): Recorded =>
  parseRecorded({
    subject: `leads.lead-1.${catalogue[type].token}`,
    seq: 1,
    data: new TextEncoder().encode(body),
    headers: {
      get: (name) => ({ 'ce-type': type, 'ce-id': 'id-1', 'lead-version': '1', 'lead-prev-seq': '0' })[name] ?? '',
    },
  });

describe('personal fields of an event', () => {
  it.each(examples)('are removed from a %s and restored whole', (type, data) => {
    const { clear, personal: found } = split(type, data);
    expect(JSON.stringify(clear)).not.toMatch(WORDS);
    expect(join(type, clear, found)).toEqual(data);
    expect([isInClear(type, data), isInClear(type, clear)]).toEqual([true, false]);
  });

  it.each(examples)('leave a %s valid for a reader without the key', (type, data) => {
    const event = recordedAs(type, bodyOf(split(type, data).clear, 'sealed text'));
    expect(event.sealed).toBe('sealed text');
    expect(JSON.stringify(event.data)).not.toMatch(WORDS);
    expect(opened(event, JSON.stringify(split(type, data).personal))).toEqual(recordedAs(type, JSON.stringify(data)));
  });

  it('are split off without a change to the input', () => {
    const before = JSON.stringify(submission);
    split('lead.triaged', submission);
    join('lead.triaged', submission, undefined);
    expect(JSON.stringify(submission)).toBe(before);
  });

  it('are undefined when the event has none', () => {
    expect(split('lead.send-failed', { ...send, class: 'timeout' }).personal).toBeUndefined();
    expect(
      split('lead.send-started', { ...send, action: 'first', deadline: '2026-11-23T09:02:00Z' }).personal,
    ).toBeUndefined();
  });

  it('are defined for every event in the catalogue', () => {
    expect(Object.keys(personal).sort()).toEqual(Object.keys(catalogue).sort());
  });

  it('are read in clear from events written before keys existed', () => {
    expect(recordedAs('lead.triaged', JSON.stringify(submission))).toMatchObject({
      data: parseData('lead.triaged', submission),
    });
    expect(recordedAs('lead.triaged', JSON.stringify(submission)).sealed).toBeUndefined();
  });
});
