import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ContractError } from '@leadstream/contracts/envelope';
import fc from 'fast-check';
import { parseEventBatch } from './events.ts';

const folder = new URL('./fixtures/events/', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const LEAD = '5f0c3a52-2a0e-8f3b-9d6e-0123456789ab';
const event = (values: object) => ({
  email: 'jane@example.com',
  timestamp: 1513299569,
  event: 'processed',
  sg_message_id: 'm1',
  ...values,
});
const only = (values: object) => {
  const { events, odd } = parseEventBatch(JSON.stringify([event(values)]));
  expect(odd).toEqual([]);
  return events[0]!.event;
};

describe('an event of SendGrid', () => {
  it.each([
    ['processed', {}, 'accepted'],
    ['Processed', {}, 'accepted'],
    ['delivered', {}, 'delivered'],
    ['deferred', { response: '400 try again later', attempt: '5' }, 'deferred'],
    ['bounce', { type: 'bounce', status: '5.0.0' }, 'hard-bounce'],
    ['bounce', { status: '5.0.0' }, 'hard-bounce'],
    ['bounce', { status: '4.4.7' }, 'soft-bounce'],
    ['bounce', {}, 'hard-bounce'],
    ['bounce', { type: 'blocked', status: '5.2.2' }, 'soft-bounce'],
    ['bounce', { type: 'expired' }, 'soft-bounce'],
    ['bounce', { type: 'Bounce' }, 'hard-bounce'],
    ['bounce', { type: 'BLOCKED', bounce_classification: 'Invalid Address' }, 'soft-bounce'],
    ['bounce', { type: 'bounce', status: '4.2.2' }, 'hard-bounce'],
    ['bounce', { reason: '452 4.2.2 mailbox full' }, 'soft-bounce'],
    ['bounce', { reason: '550 5.1.1 no such user' }, 'hard-bounce'],
    ['bounce', { bounce_classification: 'Reputation' }, 'soft-bounce'],
    ['bounce', { bounce_classification: 'Invalid Address' }, 'hard-bounce'],
    ['bounce', { type: null, status: 5.1, reason: ['550'] }, 'hard-bounce'],
    ['dropped', { reason: 'Bounced Address' }, 'hard-bounce'],
    ['dropped', { reason: 'Invalid' }, 'hard-bounce'],
    ['dropped', { reason: 'Invalid SMTPAPI header' }, 'dropped'],
    ['dropped', { reason: 'Unsubscribed Address' }, 'unsubscribed'],
    ['dropped', { reason: 'Spam Reporting Address' }, 'complained'],
    ['dropped', { reason: 'Spam Content' }, 'dropped'],
    ['dropped', { reason: 'Recipient List over Package Quota' }, 'dropped'],
    ['dropped', { reason: ' BOUNCED ADDRESS ' }, 'hard-bounce'],
    ['dropped', { type: 'bounce' }, 'hard-bounce'],
    ['dropped', { type: 'blocked', reason: 'Unsubscribed Address' }, 'unsubscribed'],
    ['dropped', { type: 'blocked' }, 'dropped'],
    ['dropped', { reason: 'constructor' }, 'dropped'],
    ['dropped', {}, 'dropped'],
    ['spamreport', {}, 'complained'],
    ['spam report', {}, 'complained'],
    ['group unsubscribe', {}, 'unsubscribed'],
    [' Bounce ', {}, 'hard-bounce'],
    ['unsubscribe', {}, 'unsubscribed'],
    ['group_unsubscribe', {}, 'unsubscribed'],
    ['group_resubscribe', { asm_group_id: 7 }, 'resubscribed'],
    ['open', {}, 'opened'],
    ['click', { url: 'https://example.com/' }, 'clicked'],
    ['account_status_change', {}, 'ignored'],
    ['toString', {}, 'ignored'],
    ['__proto__', {}, 'ignored'],
  ])('%s %j is %s', (name, values, kind) => {
    expect(only({ event: name, ...values }).kind).toBe(kind);
  });

  it('has the fields that the log needs', () => {
    expect(
      only({
        event: 'bounce',
        type: 'bounce',
        email: ' Jane@Example.COM',
        send_id: 's-1',
        lead_id: LEAD.toUpperCase(),
        reason: '550 no such user',
        status: '5.1.1',
        bounce_classification: 'Invalid Address',
      }),
    ).toEqual({
      kind: 'hard-bounce',
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      address: 'jane@example.com',
      at: '2017-12-15T00:59:29.000Z',
      sendId: 's-1',
      leadId: LEAD,
      reason: '550 no such user',
      status: '5.1.1',
      type: 'bounce',
      classification: 'Invalid Address',
      providerMessageId: 'm1',
    });
  });

  it.each([
    [
      { event: 'dropped', reason: 'Bounced Address' },
      { kind: 'hard-bounce', dropped: true, reason: 'Bounced Address' },
    ],
    [
      { event: 'dropped', reason: 'Spam Content' },
      { kind: 'dropped', dropped: true, reason: 'Spam Content' },
    ],
    [
      { event: 'bounce', type: 'bounce', reason: '550' },
      { kind: 'hard-bounce', type: 'bounce', reason: '550' },
    ],
    [
      { event: 'bounce', type: 'blocked', status: '5.2.2' },
      { kind: 'soft-bounce', type: 'blocked', status: '5.2.2' },
    ],
    [
      { event: 'deferred', response: '451 later', attempt: '3' },
      { kind: 'deferred', reason: '451 later', attempt: '3' },
    ],
    [
      { event: 'group_unsubscribe', asm_group_id: 12 },
      { kind: 'unsubscribed', groupId: '12' },
    ],
  ])('keeps the fields that distinguish it from similar events: %j', (values, told) => {
    const { key: _key, address: _address, at: _at, providerMessageId: _id, ...rest } = only(values);
    expect(rest).toEqual(told);
  });

  it('without our ids belongs to its address: a bounce hours later has no other id', () => {
    const late = parseEventBatch(
      JSON.stringify([
        { event: 'bounce', type: 'bounce', email: 'Jane@Example.com', timestamp: 1513299569, reason: '550' },
      ]),
    );
    expect(late).toMatchObject({ events: [{ event: { kind: 'hard-bounce', address: 'jane@example.com' } }], odd: [] });
    expect(late.events[0]?.event).toMatchObject({ leadId: undefined, sendId: undefined, providerMessageId: undefined });
  });

  it('distinguishes an open by a machine', () => {
    const machine = (value?: unknown) => only({ event: 'open', sg_machine_open: value }).machine;
    expect([true, 'true', 1, false, 'false', null, undefined].map(machine)).toEqual([
      true,
      true,
      true,
      false,
      false,
      undefined,
      undefined,
    ]);
  });

  it.each([
    [1513299569, '2017-12-15T00:59:29.000Z'],
    [1513299569.5, '2017-12-15T00:59:29.500Z'],
    ['1513299569.25', '2017-12-15T00:59:29.250Z'],
    [' 1513299569 ', '2017-12-15T00:59:29.000Z'],
    ['1513299569', '2017-12-15T00:59:29.000Z'],
    [1591726752372, '2020-06-09T18:19:12.372Z'],
    ['2026-11-21T11:00:00+01:00', '2026-11-21T10:00:00.000Z'],
  ])('happened at the time %j', (timestamp, at) => {
    expect(only({ timestamp }).at).toBe(at);
  });

  it.each(['soon', null, -1, undefined])('is a stop whatever its time is: %j', (timestamp) => {
    for (const event of ['unsubscribe', 'group_unsubscribe', 'spamreport', 'bounce', 'dropped'])
      expect(parseEventBatch(JSON.stringify([{ event, email: 'a@b.co', timestamp }]))).toMatchObject({
        events: [{ event: { at: '', address: 'a@b.co' } }],
        odd: [],
      });
  });

  it('gives a deferral’s response as its reason, at most 2000 characters of it', () => {
    expect(only({ event: 'deferred', response: '4'.repeat(5_000) }).reason).toHaveLength(2_000);
  });

  it.each([[{ lead_id: 'x.>' }], [{ lead_id: 7 }], [{ lead_id: '../../a' }], [{ send_id: 'a b' }], [{ send_id: {} }]])(
    'takes no %j for one of our ids',
    (values) => {
      const { leadId, sendId } = only(values);
      expect([leadId, sendId]).toEqual([undefined, undefined]);
    },
  );

  it.each([
    '{"event":"account_status_change","timestamp":1513299569}',
    '{"event":"account_status_change","timestamp":"2026-11-21T10:00:00Z"}',
    '{"event":"engagement_quality","email":{"a":1},"timestamp":null}',
  ])('of an unknown kind needs neither an address nor a time: %s', (element) => {
    expect(parseEventBatch(`[${element}]`)).toMatchObject({
      events: [{ event: { kind: 'ignored', address: '' } }],
      odd: [],
    });
  });

  it.each([[undefined], [null], [''], [7]])('belongs to the lead of our id although its address is %j', (email) => {
    expect(only({ event: 'spamreport', email, lead_id: LEAD })).toMatchObject({
      kind: 'complained',
      leadId: LEAD,
      address: '',
    });
  });
});

describe('an event’s natural key', () => {
  const key = (values: object) => only(values).key;

  it('survives a redelivery under another sg_event_id', () => {
    expect(key({ sg_event_id: 'a' })).toBe(key({ sg_event_id: 'b' }));
  });

  it.each([
    [{ event: 'delivered' }],
    [{ email: 'joe@example.com' }],
    [{ sg_message_id: 'm2' }],
    [{ timestamp: 1513299570 }],
    [{ attempt: '2' }],
    [{ url: 'https://a' }],
    [{ url_offset: { index: 1, type: 'html' } }],
    [{ sg_message_id: undefined, 'smtp-id': '<s>' }],
  ])('differs for %j', (values) => {
    expect(key(values)).not.toBe(key({}));
  });

  it('contains no address', () => {
    expect(key({ email: 'jane@example.com' })).not.toContain('jane');
  });
});

describe('a batch', () => {
  const names = readdirSync(folder).filter((name) => name.startsWith('docs-'));
  const isArray = (name: string) => {
    try {
      return Array.isArray(JSON.parse(fixture(name)));
    } catch {
      return false;
    }
  };

  it.each(names.filter(isArray))('of the documentation is read: %s', (name) => {
    const { events, odd } = parseEventBatch(fixture(name));
    const without = (JSON.parse(fixture(name)) as object[]).filter((element) => !('event' in element)).length;
    expect(odd).toHaveLength(without);
    expect(events.length + odd.length).toBeGreaterThan(0);
    expect(events.map(({ event: { kind } }) => kind).filter((kind) => kind === 'ignored').length).toBeLessThanOrEqual(
      1,
    );
  });

  it.each([
    ...names.filter((name) => !isArray(name)).map((name) => [name, fixture(name)]),
    ['not JSON', '[{'],
    ['nothing', ''],
    ['null', 'null'],
    ['text', '"[]"'],
  ])('is refused as a whole when it is no array: %s', (_, body) => {
    expect(() => parseEventBatch(body)).toThrow(ContractError);
  });

  it.each([
    ['null'],
    ['7'],
    ['"text"'],
    ['[]'],
    ['{}'],
    ['{"event":"open"}'],
    ['{"event":7,"email":"a@b.co","timestamp":1}'],
    ['{"event":"open","email":"a@b.co","timestamp":"soon"}'],
    ['{"event":"open","email":"a@b.co","timestamp":-1}'],
    ['{"event":"open","email":"a@b.co","timestamp":1e300}'],
    ['{"event":"open","email":["a@b.co"],"timestamp":1}'],
    ['{"event":"open","timestamp":1513299569}'],
    ['{"event":"open","email":"a@b.co"}'],
  ])('keeps its other events beside an element that is none: %s', (element) => {
    const { events, odd } = parseEventBatch(
      `[${JSON.stringify(event({}))},${element},${JSON.stringify(event({ event: 'open' }))}]`,
    );
    expect(events.map(({ index, event: { kind } }) => [index, kind])).toEqual([
      [0, 'accepted'],
      [2, 'opened'],
    ]);
    expect(odd).toEqual([{ index: 1, reason: expect.stringMatching(/./), raw: JSON.stringify(JSON.parse(element)) }]);
  });

  it('survives nesting deeper than the stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const { events, odd } = parseEventBatch(
      `[${deep},{"event":"click","email":"a@b.co","timestamp":1513299569,"url_offset":${deep}}]`,
    );
    expect([events.length, odd.length]).toEqual([1, 1]);
  });

  it('reads keys like `__proto__` as any other', () => {
    const { events } = parseEventBatch(
      '[{"__proto__":{"kind":"x"},"constructor":1,"toString":2,' +
        '"kind":"complained","event":"open","email":"a@b.co","timestamp":1513299569}]',
    );
    expect(events[0]).toMatchObject({ event: { kind: 'opened' } });
    expect(Object.getPrototypeOf(events[0]!.event)).toBe(Object.prototype);
  });

  it('never throws for any JSON array, and gives each element one place', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record({
              event: fc.constantFrom('open', 'bounce', 'dropped'),
              email: fc.jsonValue(),
              timestamp: fc.jsonValue(),
              reason: fc.jsonValue(),
            }),
          ),
        ),
        (batch) => {
          const { events, odd } = parseEventBatch(JSON.stringify(batch));
          expect([...events, ...odd].map(({ index }) => index).sort((a, b) => a - b)).toEqual([...batch.keys()]);
        },
      ),
    );
  });
});
