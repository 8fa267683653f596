import { expect, it } from '@jest/globals';
import { bodyOf, dayEndsMs, HubSpotTrouble, type HubSpotCall } from './access.ts';
import { HubSpotContacts, type Written } from './contacts.ts';
import { propertyNames, type Properties } from './properties.ts';

const properties = Object.fromEntries(propertyNames.map((name) => [name, ''])) as unknown as Properties;
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  text: typeof body === 'string' ? body : JSON.stringify(body),
});
const own = (category: string, more: object = {}) => ({ status: 'error', message: 'words', category, ...more });
const trouble = (response: ReturnType<typeof answer>): HubSpotTrouble => {
  try {
    bodyOf(response);
  } catch (error) {
    if (error instanceof HubSpotTrouble) return error;
  }
  throw new Error('it was no trouble');
};

it.each([
  ['429 of ten seconds', answer(429, own('RATE_LIMITS', { policyName: 'TEN_SECONDLY_ROLLING' })), 'limited', 10_000],
  ['429 with an interval', answer(429, '', { 'x-hubspot-ratelimit-interval-milliseconds': '2000' }), 'limited', 2_000],
  ['429 with Retry-After', answer(429, {}, { 'retry-after': '7' }), 'limited', 7_000],
  ['429 of the day', answer(429, own('RATE_LIMITS', { policyName: 'DAILY' })), 'limited', undefined],
  ['401', answer(401, own('INVALID_AUTHENTICATION')), 'account', undefined],
  ['403', answer(403, own('MISSING_SCOPES')), 'account', undefined],
  ['404 of a path', answer(404, '<html></html>'), 'account', undefined],
  [
    'a property that is missing',
    answer(400, own('VALIDATION_ERROR', { errors: [{ code: 'PROPERTY_DOESNT_EXIST' }] })),
    'account',
    undefined,
  ],
  ['400 of its own', answer(400, own('VALIDATION_ERROR')), 'refused', undefined],
  ['409', answer(409, own('CONFLICT')), 'refused', undefined],
  ['400 of a proxy', answer(400, '<html></html>'), 'down', undefined],
  ['423', answer(423, own('LOCKED'), { 'retry-after': '2' }), 'down', 2_000],
  ['477', answer(477, own('MIGRATION'), { 'retry-after': '3' }), 'down', 3_000],
  ['500', answer(500, own('INTERNAL_ERROR')), 'down', undefined],
  ['502', answer(502, '<html></html>'), 'down', undefined],
  ['a redirect', answer(307, '', { location: '/' }), 'down', undefined],
  ['a body that is cut', answer(200, '{"results":['), 'down', undefined],
])('%s', (_, response, kind, waitMs) => {
  expect(trouble(response)).toMatchObject({ kind, waitMs });
});

it('says nothing of a contact', () => {
  const { message } = trouble(answer(400, own('VALIDATION_ERROR', { message: 'jane@example.com is not valid' })));
  expect(message).toBe('400 VALIDATION_ERROR');
});

const lead = (leadId: string) => ({ leadId, id: `c-${leadId}`, properties });
interface Body {
  inputs: { id: string; objectWriteTraceId: string }[];
}

it('writes all contacts but the one that HubSpot refuses, however it refuses it', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => `l-${index}`);
  for (const isWhole of [true, false]) {
    const call: HubSpotCall = ({ body }) => {
      const { inputs } = body as Body;
      const odd = inputs.filter(({ id }) => id === 'c-l-42');
      if (isWhole && odd.length > 0) return Promise.resolve(answer(400, own('VALIDATION_ERROR')));
      const results = inputs.filter(({ id }) => id !== 'c-l-42').map(({ id }) => ({ id }));
      const errors = odd.map(({ objectWriteTraceId }) =>
        own('VALIDATION_ERROR', { context: { objectWriteTraceId: [objectWriteTraceId] } }),
      );
      return Promise.resolve(answer(207, { results, errors }));
    };
    const written: Written = new Map();
    await new HubSpotContacts(call).update(ids.map(lead), written);
    expect(written.size).toBe(100);
    expect([...written].filter(([, why]) => why !== undefined)).toEqual([
      ['l-42', expect.stringContaining('VALIDATION_ERROR')],
    ]);
  }
});

it('does not take a contact for written that the answer leaves out, as a merged one', async () => {
  const written: Written = new Map();
  const call: HubSpotCall = () => Promise.resolve(answer(200, { results: [{ id: 'c-a' }] }));
  await new HubSpotContacts(call).update([lead('a'), lead('b')], written);
  expect([...written]).toEqual([
    ['a', undefined],
    ['b', 'LEFT_OUT'],
  ]);
});

it('keeps what is certain when a later call fails', async () => {
  const written: Written = new Map();
  let calls = 0;
  const call: HubSpotCall = ({ body }) => {
    const { inputs } = body as Body;
    if (calls++ === 0) return Promise.resolve(answer(400, own('VALIDATION_ERROR')));
    if (calls > 2) return Promise.resolve(answer(429, {}));
    return Promise.resolve(answer(200, { results: inputs.map(({ id }) => ({ id })) }));
  };
  const update = new HubSpotContacts(call).update([lead('a'), lead('b')], written);
  await expect(update).rejects.toMatchObject({ kind: 'limited' });
  expect([...written]).toEqual([['a', undefined]]);
});

/** Bodies of a 200 that no client expects. */
const odd: unknown[] = [
  ...['', ' ', 'null', '[]', '0', '"x"', 'true', '{', '{}', '<html>', '\u0000', '{"results":1}', '{"results":null}'],
  ...['{"results":{}}', '{"results":[1]}', '{"results":[null]}', '{"results":[{}]}', '{"results":[{"id":1}]}'],
  ...['{"results":[{"id":null}]}', '{"results":[[]]}', '{"results":"all"}', '{"result":[]}', '{"RESULTS":[]}'],
  ...['{"results":[{"id":"x","properties":1}]}', '{"results":[{"id":"x","properties":[1]}]}'],
  ...['{"results":[{"id":"x","properties":{"email":1}}]}', '{"results":[],"errors":1}', '{"results":[],"errors":{}}'],
  ...['{"results":[],"errors":[1]}', '{"results":[],"errors":[null]}', '{"results":[],"errors":"none"}'],
  ...['{"results":[],"errors":[{"category":1}]}', '{"results":[],"errors":[{"context":1}]}'],
  ...['{"results":[],"errors":[{"context":{"ids":"a"}}]}', '{"results":[],"errors":[{"context":{"ids":[1]}}]}'],
  ...['{"results":[],"errors":[{"context":[]}]}', '{"results":[],"errors":[{}]}', '{"status":"COMPLETE"}'],
  ...['{"status":"error"}', '{"status":"PENDING","results":[]}', '{"results":[],"numErrors":"many"}'],
  ...['{"results":[{"id":""}]}', '{"results":[{"id":"c-a","id":"c-b"}]}', '{"results":[{"id":"c-z"}]}', '﻿{}'],
  ...['{"results":[]}x', '{"__proto__":{"results":[]}}', '{"results":[],"paging":{"next":1}}', 'NaN', 'undefined'],
  '['.repeat(10_000),
];

it('lives through fifty answers that it cannot read, and takes no contact for written', async () => {
  expect(odd.length).toBeGreaterThanOrEqual(50);
  for (const body of odd) {
    const contacts = new HubSpotContacts(() => Promise.resolve(answer(200, body)));
    const written: Written = new Map();
    const outcome = await contacts.update([lead('a')], written).catch((error: unknown) => error);
    if (outcome !== undefined) expect(outcome).toMatchObject({ name: 'HubSpotTrouble', kind: 'down' });
    else if (body !== '{"results":[{"id":"c-a","id":"c-b"}]}') expect(written.get('a')).toBeDefined();
    const found = await contacts.find('email', ['jane@example.com'], new Map()).catch((error: unknown) => error);
    if (found instanceof Map) expect(found.size).toBe(0);
    else expect(found).toMatchObject({ name: 'HubSpotTrouble', kind: 'down' });
  }
});

it('finds a contact by any of its addresses', async () => {
  const results = [
    { id: '7', properties: { email: 'Jane@Example.com', hs_additional_emails: 'j@a.example;j@b.example' } },
  ];
  const contacts = new HubSpotContacts(() =>
    Promise.resolve(answer(207, { results, errors: [own('OBJECT_NOT_FOUND')] })),
  );
  const found = await contacts.find('email', ['jane@example.com', 'j@b.example', 'nobody@example.com'], new Map());
  expect(Object.fromEntries(found)).toEqual({ 'jane@example.com': '7', 'j@b.example': '7' });
});

it('finds all contacts but the one that HubSpot refuses to look up', async () => {
  const addresses = Array.from({ length: 100 }, (_, index) => `p${index}@example.com`);
  const call: HubSpotCall = ({ body }) => {
    const { inputs } = body as Body;
    if (inputs.some(({ id }) => id === 'p42@example.com')) return Promise.resolve(answer(400, own('VALIDATION_ERROR')));
    return Promise.resolve(answer(200, { results: inputs.map(({ id }) => ({ id, properties: { email: id } })) }));
  };
  const refused = new Map<string, string>();
  expect((await new HubSpotContacts(call).find('email', addresses, refused)).size).toBe(99);
  expect([...refused]).toEqual([['p42@example.com', '400 VALIDATION_ERROR']]);
});

it('asks when the day ends, and does without an answer', async () => {
  const resetsAt = '2026-12-01T05:00:00Z';
  expect(await dayEndsMs(() => Promise.resolve(answer(200, { results: [{ resetsAt }] })))).toBe(Date.parse(resetsAt));
  expect(await dayEndsMs(() => Promise.resolve(answer(429, {})))).toBeUndefined();
  expect(await dayEndsMs(() => Promise.resolve(answer(200, { results: [] })))).toBeUndefined();
});
