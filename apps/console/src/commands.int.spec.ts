import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimed, enrolled, paused, replied, stepDue, unknown } from '@leadstream/testing/builders';
import { kindNames } from './kinds.ts';
import { commanded, lead as leadSchema } from './schemas.ts';

import { BODIES, Commanding, type Answer } from './testing/commanding.ts';

describe('commands over HTTP', () => {
  let at: Commanding;
  const give: Commanding['give'] = (...given) => at.give(...given);
  beforeAll(async () => {
    at = await Commanding.open();
  });
  afterAll(() => at?.close());

  it.each(kindNames)(
    '%s is an event of the lead, by the signed-in caller, and shows the lead after it',
    async (kind) => {
      const before = { resume: [paused], resolve: [stepDue(), claimed(), unknown()] };
      const leadId = await at.house.newLead(
        enrolled({}),
        ...(kind in before ? before[kind as keyof typeof before] : []),
      );
      const { status, headers, ...answer } = await give(
        leadId,
        { kind, ...BODIES[kind] },
        { role: 'admin', ifMatch: '*' },
      );
      expect([status, answer]).toEqual([200, answer]);
      const { event, lead } = commanded.parse(answer);
      const last = (await at.house.history(leadId)).at(-1);
      expect(last).toMatchObject({ id: event.id, type: event.type, version: event.version, source: 'console' });
      if (kind !== 'resolve') expect(last?.data).toMatchObject({ by: 'admin-token' });
      expect(leadSchema.parse(lead)).toMatchObject({ version: event.version, latest: event.version });
      expect(headers).toMatchObject({ etag: `"${event.version}"`, 'idempotent-replayed': 'false' });
    },
  );

  it.each(['pause', 'resume', 'restart', 'move'] as const)('%s has a short form', async (kind) => {
    const leadId = await at.house.newLead(enrolled({}), ...(kind === 'resume' ? [paused] : []));
    const given = await give(leadId, BODIES[kind], { path: kind, ifMatch: '*' });
    expect(given).toMatchObject({ status: 200, lead: { id: leadId } });
  });

  it('pause in its short form needs no body', async () => {
    const leadId = await at.underWay();
    expect(await give(leadId, undefined, { path: 'pause' })).toMatchObject({ status: 200 });
  });

  it.each<[string, () => Promise<string>, object, Answer]>([
    [
      'resume without a pause',
      () => at.underWay(),
      { kind: 'resume' },
      { reason: 'not-paused', remedy: expect.any(String) as never },
    ],
    [
      'pause twice',
      () => at.house.newLead(paused),
      { kind: 'pause' },
      { reason: 'paused-already', remedy: 'resume ends the pause' },
    ],
    [
      'move a lead that answered',
      () => at.house.newLead(enrolled({}), replied('human')),
      { kind: 'move', ...BODIES.move },
      { reason: 'stopped', remedy: 'a restart lifts that' },
    ],
    [
      'move to no step',
      () => at.underWay(),
      { kind: 'move', sequence: 'content-nurture', step: 9 },
      {
        reason: 'not-deployed',
        detail: expect.stringContaining('it has first, second') as never,
        errors: [{ field: 'step' }],
      },
    ],
    [
      'enrol in a notice to the rep',
      () => at.underWay(),
      { kind: 'enrol', sequence: 'reply-notice' },
      { reason: 'notice', remedy: expect.stringContaining('name another sequence') as never },
    ],
    [
      'enrol in no sequence',
      () => at.underWay(),
      { kind: 'enrol', sequence: 'nothing' },
      { reason: 'not-deployed', errors: [{ field: 'sequence' }] },
    ],
    [
      'move during a call to the provider',
      () => at.house.newLead(enrolled({}), stepDue(), claimed()),
      { kind: 'restart' },
      { reason: 'claim-open' },
    ],
    [
      'resolve no send',
      () => at.underWay(),
      { kind: 'resolve', sendId: 'send-9', as: 'sent' },
      { reason: 'unknown-send' },
    ],
    ['tag what stops tag', () => at.underWay(), { kind: 'tag', tags: ['STOP_SEQUENCE'] }, { reason: 'reserved-tag' }],
  ])('%s is refused with the reason, what makes it possible, and the lead', async (_, make, body, expected) => {
    const leadId = await make();
    const before = await at.house.types(leadId);
    const given = await give(leadId, body, { ifMatch: '*' });
    expect(given).toMatchObject({ status: 409, code: 'REFUSED', lead: { id: leadId }, ...expected });
    expect(await at.house.types(leadId)).toEqual(before);
  });

  it('of an unknown lead are answered 404', async () => {
    expect(await give(crypto.randomUUID(), { kind: 'pause' })).toMatchObject({ status: 404, code: 'UNKNOWN_LEAD' });
  });

  it.each<[string, unknown, string[]]>([
    ['an author', { kind: 'pause', by: 'eve' }, ['by']],
    ['no kind', { reason: 'x' }, ['kind']],
    ['an unknown kind', { kind: 'constructor' }, ['kind']],
    ['a list', [{ kind: 'pause' }], ['']],
    ['a kind of another type', { kind: ['pause'] }, ['kind']],
    ['a reason that turns the order of letters', { kind: 'pause', reason: 'a\u202eb' }, ['reason']],
    ['a reason with controls', { kind: 'pause', reason: 'a\u0000b' }, ['reason']],
    ['an endless reason', { kind: 'pause', reason: 'x'.repeat(2_001) }, ['reason']],
    ['a tag with a space', { kind: 'tag', tags: ['a b'] }, ['tags.0']],
    ['an invisible tag', { kind: 'tag', tags: ['\u200b'] }, ['tags.0']],
    ['half a surrogate pair', { kind: 'tag', tags: ['half\ud800'] }, ['tags.0']],
    ['no tag', { kind: 'tag', tags: [] }, ['tags']],
    ['too many tags', { kind: 'tag', tags: Array.from({ length: 21 }, (_, at) => `t${at}`) }, ['tags']],
    ['a negative step', { kind: 'move', sequence: 'content-nurture', step: -1 }, ['step']],
    ['an empty note', { kind: 'note', text: ' ' }, ['text']],
    ['a note with a reason', { kind: 'note', text: 'x', reason: 'y' }, ['reason']],
  ])('with %s are refused, and the field is named', async (_, body, fields) => {
    const leadId = await at.underWay();
    const given = await give(leadId, body, { ifMatch: '*' });
    expect([given.status, given.code, given.errors?.map(({ field }) => field)]).toEqual([400, 'CONTRACT', fields]);
    expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled']);
  });

  it.each([
    ['a prototype’s key', '{"kind":"pause","__proto__":{"by":"eve"}}', 400, 'JSON'],
    ['two kinds', '{"kind":"pause","kind":"stop"}', 400, 'JSON'],
    ['a body that nests too deep', `{"kind":"pause","reason":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 400, 'JSON'],
    ['half a body', '{"kind":', 400, 'JSON'],
    ['no body', undefined, 400, 'CONTRACT'],
    ['an oversized body', JSON.stringify({ kind: 'note', text: 'x'.repeat(70_000) }), 413, 'TOO_LARGE'],
  ])('with %s are refused', async (_, body, status, code) => {
    expect(await give(await at.underWay(), body)).toMatchObject({ status, code });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'as %s, which a form of another site can post, are refused',
    async (type) => {
      const given = await give(await at.underWay(), '{"kind":"pause"}', { headers: { 'content-type': type } });
      expect(given).toMatchObject({ status: 415, code: 'MEDIA_TYPE' });
    },
  );

  it('leave a line in the log with their author, and no personal data', async () => {
    const leadId = await at.underWay();
    at.console.lines.length = 0;
    await give(leadId, { kind: 'note', text: 'Jane likes tea' });
    await give(leadId, { kind: 'assign', rep: 'Jane@example.com' });
    await give(leadId, { kind: 'Jane' });
    await give(leadId, { kind: 'pause', Jane: true });
    const [line] = at.console.lines
      .filter((one) => one.includes('command given'))
      .map((one) => JSON.parse(one) as object);
    expect(line).toMatchObject({ by: 'operate-token', leadId, event: 'lead.noted', isNew: true });
    expect(at.console.lines.join()).not.toMatch(/Jane|Doerr|@example\.com|tea/);
  });
});
