import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ContractError } from '@leadstream/contracts/envelope';
import fc from 'fast-check';
import { parseEvent } from './events.ts';

const folder = new URL('./fixtures/events/', import.meta.url);
interface Sample {
  payload?: { data_posted: string };
  post?: { body: string };
}
const posted = (name: string): string => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const { payload, post } = JSON.parse(text) as Sample;
  return payload?.data_posted ?? post?.body ?? text;
};
const LEAD = '3f1c9a80-0000-4000-8000-000000000002';
const AT = '2026-11-05T16:33:54.9070259Z';
const event = (values: object): object => ({
  MessageID: 'm-1',
  Recipient: 'jane@example.com',
  ReceivedAt: AT,
  ...values,
});
const only = (values: object) => {
  const { events, odd } = parseEvent(JSON.stringify(event(values)));
  expect(odd).toEqual([]);
  return events[0]!.event;
};
const bounce = (Type: string, values: object = {}): object => ({
  RecordType: 'Bounce',
  Type,
  Email: 'jane@example.com',
  ...values,
});
const change = (SuppressSending: boolean, SuppressionReason: string | null): object => ({
  RecordType: 'SubscriptionChange',
  ReceivedAt: undefined,
  ChangedAt: AT,
  SuppressSending,
  SuppressionReason,
});

describe('an event of Postmark', () => {
  it.each<[object, string]>([
    [{ RecordType: 'Delivery' }, 'delivered'],
    [{ RecordType: 'Open', FirstOpen: true }, 'opened'],
    [{ RecordType: 'Click', OriginalLink: 'https://example.com/' }, 'clicked'],
    [{ RecordType: 'SpamComplaint', Type: 'SpamComplaint' }, 'complained'],
    [{ RecordType: 'SMTPApiError' }, 'dropped'],
    [bounce('HardBounce', { Inactive: true }), 'hard-bounce'],
    [bounce('BadEmailAddress'), 'hard-bounce'],
    [bounce('SpamComplaint'), 'complained'],
    [bounce('Unsubscribe'), 'unsubscribed'],
    [bounce('Subscribe'), 'resubscribed'],
    [bounce('Transient'), 'deferred'],
    [bounce('SoftBounce', { Inactive: false }), 'soft-bounce'],
    [bounce('SoftBounce', { Inactive: true }), 'hard-bounce'],
    [bounce('DnsError'), 'soft-bounce'],
    [bounce('Blocked', { TypeCode: 1 }), 'soft-bounce'],
    [bounce('DMARCPolicy'), 'soft-bounce'],
    [bounce('VirusNotification'), 'soft-bounce'],
    [bounce('SMTPApiError'), 'dropped'],
    [bounce('ManuallyDeactivated', { Inactive: true }), 'dropped'],
    [bounce('AutoResponder'), 'ignored'],
    [bounce('AddressChange'), 'ignored'],
    [bounce('ChallengeVerification'), 'ignored'],
    [bounce('SomethingNew'), 'soft-bounce'],
    [bounce('SomethingNew', { Inactive: true }), 'hard-bounce'],
    [bounce('constructor'), 'soft-bounce'],
    [change(true, 'HardBounce'), 'hard-bounce'],
    [change(true, 'SpamComplaint'), 'complained'],
    [change(true, 'ManualSuppression'), 'unsubscribed'],
    [change(true, 'SomethingNew'), 'unsubscribed'],
    [{ ...change(false, null), MessageID: null, Metadata: {} }, 'resubscribed'],
    [{ RecordType: 'Inbound' }, 'ignored'],
    [{ RecordType: '__proto__' }, 'ignored'],
  ])('%j is %s', (values, kind) => {
    expect(only(values).kind).toBe(kind);
  });

  it('has the fields that the log needs', () => {
    expect(parseEvent(posted('made-hard-bounce.json')).events).toEqual([
      {
        index: 0,
        event: {
          kind: 'hard-bounce',
          key: expect.stringMatching(/^[0-9a-f]{64}$/),
          address: 'lead@example.com',
          at: '2026-11-05T16:33:54.907Z',
          sendId: '3f1c9a80-0000-4000-8000-000000000001',
          leadId: LEAD,
          reason: 'smtp;550 5.1.1 no such user',
          status: '5.1.1',
          type: 'HardBounce',
          providerMessageId: '883953f4-6105-42a2-a16a-77a8eac79483',
        },
      },
    ]);
  });

  it.each<[string, object]>([
    [
      'anymail-bounce_event.json',
      { kind: 'hard-bounce', at: '2016-04-27T20:28:50.396Z', address: 'bounce@example.com' },
    ],
    ['anymail-delivered_event.json', { kind: 'delivered', at: '2014-08-01T17:28:10.273Z' }],
    ['anymail-open_event.json', { kind: 'opened', at: '2016-04-27T20:21:41.249Z' }],
    ['anymail-spam_event.json', { kind: 'complained', at: '2016-04-27T20:28:50.396Z' }],
    ['anymail-unsubscribe.json', { kind: 'unsubscribed', at: '2022-06-05T17:17:32.000Z' }],
    ['made-delivery.json', { kind: 'delivered', leadId: LEAD, at: '2026-11-05T16:33:54.907Z' }],
    ['made-hard-bounce.json', { kind: 'hard-bounce', leadId: LEAD }],
    ['made-soft-bounce.json', { kind: 'soft-bounce', leadId: LEAD, status: '4.2.2' }],
    ['symfony-bounce.json', { kind: 'hard-bounce', address: 'john@example.com' }],
    ['symfony-delivery.json', { kind: 'delivered' }],
    ['symfony-subscription_change.json', { kind: 'hard-bounce' }],
    ['anymail-misconfigured_tracking.json', { odd: 'no time' }],
  ])('is read from a sample: %s', (name, expected) => {
    const { events, odd } = parseEvent(posted(name));
    const [found] = [...events.map((one) => one.event), ...odd.map(({ reason }) => ({ odd: reason }))];
    expect(found).toMatchObject('odd' in expected ? { odd: expect.stringContaining(String(expected.odd)) } : expected);
  });

  it('has a sample of each file', () => {
    expect(readdirSync(folder)).toHaveLength(12);
  });

  describe('its natural key', () => {
    const key = (values: object): string => only(values).key;

    it('is the same for a bounce and for the change of subscription that follows from it', () => {
      const one = bounce('HardBounce', { BouncedAt: AT });
      expect(key(one)).toBe(key({ ...change(true, 'HardBounce'), ChangedAt: '2026-11-05T16:33:56Z' }));
      expect(key(one)).not.toBe(key({ ...one, MessageID: 'm-2' }));
      expect(key(one)).not.toBe(key({ RecordType: 'SpamComplaint' }));
    });

    it('tells two openings, two links and two ways out from each other', () => {
      const all = [
        { RecordType: 'Open' },
        { RecordType: 'Open', ReceivedAt: '2026-11-05T16:33:55Z' },
        { RecordType: 'Click', OriginalLink: 'https://example.com/a' },
        { RecordType: 'Click', OriginalLink: 'https://example.com/b' },
        change(true, 'ManualSuppression'),
        { ...change(true, 'ManualSuppression'), ChangedAt: '2026-11-06T16:33:54Z' },
        change(false, null),
      ].map(key);
      expect(new Set(all).size).toBe(all.length);
    });
  });

  it('is a stop at any time, and otherwise needs its own', () => {
    const untimed = { ReceivedAt: 'yesterday', ChangedAt: 12 };
    expect(only({ ...change(true, 'ManualSuppression'), ...untimed })).toMatchObject({ kind: 'unsubscribed', at: '' });
    expect(parseEvent(JSON.stringify(event({ RecordType: 'Delivery', ...untimed })))).toMatchObject({
      events: [],
      odd: [{ index: 0, reason: expect.stringContaining('no time') }],
    });
  });

  it('keeps no id in another form than ours', () => {
    const Metadata = { send_id: 'a b', lead_id: '../x' };
    expect(only({ RecordType: 'Delivery', Metadata })).toMatchObject({ sendId: undefined, leadId: undefined });
    expect(only({ RecordType: 'Delivery', Metadata: [] })).toMatchObject({ sendId: undefined, leadId: undefined });
  });

  it('is a contract error when its body is no JSON object, and otherwise an event or set aside', () => {
    for (const body of ['', 'x', '[]', '[{"RecordType":"Delivery"}]', '1', 'null', '{"RecordType":"Delivery"'])
      expect(() => parseEvent(body)).toThrow(ContractError);
    for (const text of [posted('made-delivery.json'), posted('symfony-subscription_change.json')]) {
      const whole = JSON.parse(text) as Record<string, unknown>;
      fc.assert(
        fc.property(fc.constantFrom(...Object.keys(whole)), fc.jsonValue(), (name, value) => {
          const { events, odd } = parseEvent(JSON.stringify({ ...whole, [name]: value }));
          expect(events.length + odd.length).toBe(1);
        }),
        { numRuns: 200 },
      );
    }
  });
});
