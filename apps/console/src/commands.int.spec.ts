import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimed, completed, enrolled, paused, replied, stepDue, unknown } from '@leadstream/testing/builders';
import { dies } from '@leadstream/testing/dies';
import { eventually } from '@leadstream/testing/eventually';
import { kindNames, KINDS, type KindName } from './kinds.ts';
import type { Role } from './roles.ts';
import { commanded, lead as leadSchema } from './schemas.ts';
import { House } from './testing/house.ts';
import { opened, type Opened } from './testing/opened.ts';

interface Given {
  role?: Role;
  key?: string;
  ifMatch?: string;
  headers?: Record<string, string>;
  path?: string;
  on?: Opened;
}
interface Answer {
  code?: string;
  reason?: string;
  remedy?: string | null;
  detail?: string;
  event?: { id: string; type: string; version: number };
  lead?: { version: number; status: string };
  since?: { type: string }[];
  errors?: { field: string }[];
}

/** A body of each kind that a lead in the middle of its first run allows. */
const BODIES = {
  pause: { reason: 'is on the phone with us' },
  resume: {},
  stop: { reason: 'said so on the phone' },
  restart: {},
  move: { sequence: 'content-nurture', step: 'second' },
  enrol: { sequence: 'sales-demo' },
  tag: { tags: ['customer'] },
  untag: { tags: ['source:whitepaper'] },
  assign: { rep: 'ben' },
  note: { text: 'prefers to be called' },
  erase: { reason: 'ticket 17' },
  resolve: { sendId: 'send-1', as: 'skipped' },
} as const satisfies Record<KindName, object>;

describe('commands over HTTP', () => {
  let house: House;
  let console: Opened;
  const give = async (leadId: string, body: unknown, given: Given = {}) => {
    const { role = 'operate', key = crypto.randomUUID(), ifMatch, headers, path = 'commands', on = console } = given;
    const answer = await on.ask('POST', `/v1/leads/${leadId}/${path}`, {
      role,
      body,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key ? { 'idempotency-key': key } : {}),
        ...(ifMatch ? { 'if-match': ifMatch } : {}),
        ...headers,
      },
    });
    return { status: answer.statusCode, headers: answer.headers, ...answer.json<Answer>() };
  };
  const underWay = () => house.newLead(enrolled({}));

  beforeAll(async () => {
    house = await House.open();
    console = await opened({ ...house.env, CONSOLE_COMMANDS_PER_MINUTE: '100000' });
    await console.service.ready;
    const leadId = await underWay();
    // The deployed sequences follow in the background.
    await eventually(async () => (await give(leadId, { kind: 'restart' }, { ifMatch: '*' })).status === 200);
  });
  afterAll(async () => {
    await console?.service.stop();
    await house?.close();
  });

  it.each(kindNames)(
    '%s is an event of the lead, by the signed-in caller, and shows the lead after it',
    async (kind) => {
      const before = { resume: [paused], resolve: [stepDue(), claimed(), unknown()] };
      const leadId = await house.newLead(enrolled({}), ...(kind in before ? before[kind as keyof typeof before] : []));
      const { status, headers, ...answer } = await give(
        leadId,
        { kind, ...BODIES[kind] },
        { role: 'admin', ifMatch: '*' },
      );
      expect([status, answer]).toEqual([200, answer]);
      const { event, lead } = commanded.parse(answer);
      const last = (await house.history(leadId)).at(-1);
      expect(last).toMatchObject({ id: event.id, type: event.type, version: event.version, source: 'console' });
      if (kind !== 'resolve') expect(last?.data).toMatchObject({ by: 'admin-token' });
      expect(leadSchema.parse(lead)).toMatchObject({ version: event.version, latest: event.version });
      expect(headers).toMatchObject({ etag: `"${event.version}"`, 'idempotent-replayed': 'false' });
    },
  );

  it.each(['pause', 'resume', 'restart', 'move'] as const)('%s has a short form', async (kind) => {
    const leadId = await house.newLead(enrolled({}), ...(kind === 'resume' ? [paused] : []));
    const given = await give(leadId, BODIES[kind], { path: kind, ifMatch: '*' });
    expect(given).toMatchObject({ status: 200, lead: { id: leadId } });
  });

  it('pause in its short form needs no body', async () => {
    const leadId = await underWay();
    expect(await give(leadId, undefined, { path: 'pause' })).toMatchObject({ status: 200 });
  });

  describe('with a key', () => {
    it('that was used for the same command have its answer, whatever came after', async () => {
      const leadId = await underWay();
      const first = await give(leadId, { kind: 'pause' }, { key: 'k' });
      await give(leadId, { kind: 'resume' }, { ifMatch: '"3"' });
      const again = await give(leadId, { kind: 'pause', reason: 'asked again' }, { key: 'k' });
      expect(again).toMatchObject({ status: 200, event: first.event, lead: { version: 4, status: 'active' } });
      expect(again.headers['idempotent-replayed']).toBe('true');
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled', 'paused', 'resumed']);
    });

    it('that was used before are not judged by If-Match again', async () => {
      const leadId = await underWay();
      const once = { key: 'k', ifMatch: '"2"' };
      const first = await give(leadId, { kind: 'restart' }, once);
      expect(await give(leadId, { kind: 'restart' }, once)).toMatchObject({ status: 200, event: first.event });
    });

    it('given at once are one event', async () => {
      const leadId = await underWay();
      const other = await opened(house.env);
      await other.service.ready;
      const given = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          give(leadId, { kind: 'tag', tags: ['vip'] }, { key: 'k', on: index % 2 ? console : other }),
        ),
      );
      await other.service.stop();
      expect(new Set(given.map(({ status, event }) => `${status} ${event?.id}`)).size).toBe(1);
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled', 'tagged']);
    });

    it('that was used for another command are refused', async () => {
      const leadId = await underWay();
      await give(leadId, { kind: 'tag', tags: ['a'] }, { key: 'k' });
      for (const body of [{ kind: 'tag', tags: ['b'] }, { kind: 'pause' }])
        expect(await give(leadId, body, { key: 'k' })).toMatchObject({ status: 422, code: 'KEY_REUSED' });
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled', 'tagged']);
    });

    it.each(['', 'x'.repeat(201), 'two words', 'ümlaut'])('%j are refused', async (key) => {
      expect(await give(await underWay(), { kind: 'pause' }, { key })).toMatchObject({
        status: 400,
        code: 'IDEMPOTENCY_KEY',
      });
    });

    it.each([true, false])(
      'are one event when the console dies at any of its messages and they are given again; the message arrives: %s',
      async (arrives) => {
        let messages = 0;
        for (let died = true; died; messages++) {
          const leadId = await underWay();
          const once = { key: 'k', ifMatch: '"2"' };
          died = await dies(house.nats.port, messages + 1, arrives, async (NATS_URL, signal, begin) => {
            const dying = await opened({ ...house.env, NATS_URL });
            const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
            await dying.service.ready;
            begin();
            const given = give(leadId, { kind: 'restart' }, { ...once, on: dying });
            await Promise.race([given, stopped]);
            await Promise.all([dying.service.stop(), given.catch(() => undefined)]);
          });
          expect(await give(leadId, { kind: 'restart' }, once)).toMatchObject({ status: 200 });
          expect(await house.types(leadId)).toEqual(['triaged', 'enrolled', 'restarted']);
        }
        expect(messages).toBeGreaterThan(2);
      },
    );
  });

  describe('for a version', () => {
    it('that is no longer the lead’s are refused with what happened since, and the lead', async () => {
      const leadId = await underWay();
      await give(leadId, { kind: 'tag', tags: ['vip'] });
      const given = await give(leadId, { kind: 'restart' }, { ifMatch: '"2"' });
      expect(given).toMatchObject({
        status: 409,
        code: 'MOVED_ON',
        detail: '1 events happened since version 2',
        since: [{ type: 'lead.tagged' }],
        lead: { version: 3 },
      });
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled', 'tagged']);
      expect(await give(leadId, { kind: 'restart' }, { ifMatch: '"3"' })).toMatchObject({ status: 200 });
    });

    it('are recorded once of many at once', async () => {
      const leadId = await underWay();
      const given = await Promise.all(
        Array.from({ length: 6 }, () => give(leadId, { kind: 'move', ...BODIES.move }, { ifMatch: '"2"' })),
      );
      expect(given.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    });

    it.each(kindNames.filter((kind) => KINDS[kind].ifMatch))('%s is refused without one', async (kind) => {
      const leadId = await underWay();
      const given = await give(leadId, { kind, ...BODIES[kind] }, { role: 'admin' });
      expect(given).toMatchObject({ status: 428, code: 'IF_MATCH_REQUIRED' });
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled']);
    });

    it.each(['2', 'W/"2"', '"2", "3"', '"0"', '""', '"99999999999"'])('written as %s are refused', async (ifMatch) => {
      expect(await give(await underWay(), { kind: 'pause' }, { ifMatch })).toMatchObject({
        status: 400,
        code: 'IF_MATCH',
      });
    });
  });

  it.each<[string, () => Promise<string>, object, Answer]>([
    [
      'resume without a pause',
      underWay0,
      { kind: 'resume' },
      { reason: 'not-paused', remedy: expect.any(String) as never },
    ],
    [
      'pause twice',
      () => house.newLead(paused),
      { kind: 'pause' },
      { reason: 'paused-already', remedy: 'resume ends the pause' },
    ],
    [
      'move a lead that answered',
      () => house.newLead(enrolled({}), replied('human')),
      { kind: 'move', ...BODIES.move },
      { reason: 'stopped', remedy: 'a restart lifts that' },
    ],
    [
      'move to no step',
      underWay0,
      { kind: 'move', sequence: 'content-nurture', step: 9 },
      { reason: 'not-deployed', detail: expect.stringContaining('it has first, second') as never },
    ],
    ['enrol in no sequence', underWay0, { kind: 'enrol', sequence: 'nothing' }, { reason: 'not-deployed' }],
    [
      'move during a call to the provider',
      () => house.newLead(enrolled({}), stepDue(), claimed()),
      { kind: 'restart' },
      { reason: 'claim-open' },
    ],
    ['resolve no send', underWay0, { kind: 'resolve', sendId: 'send-9', as: 'sent' }, { reason: 'unknown-send' }],
    ['tag what stops tag', underWay0, { kind: 'tag', tags: ['STOP_SEQUENCE'] }, { reason: 'reserved-tag' }],
  ])('%s is refused with the reason, what makes it possible, and the lead', async (_, make, body, expected) => {
    const leadId = await make();
    const before = await house.types(leadId);
    const given = await give(leadId, body, { ifMatch: '*' });
    expect(given).toMatchObject({ status: 409, code: 'REFUSED', lead: { id: leadId }, ...expected });
    expect(await house.types(leadId)).toEqual(before);
  });
  function underWay0(): Promise<string> {
    return underWay();
  }

  it('of an unknown lead are answered 404', async () => {
    expect(await give(crypto.randomUUID(), { kind: 'pause' })).toMatchObject({ status: 404, code: 'UNKNOWN_LEAD' });
  });

  it.each<[string, unknown, string[]]>([
    ['an author', { kind: 'pause', by: 'eve' }, ['']],
    ['no kind', { reason: 'x' }, ['kind']],
    ['an unknown kind', { kind: 'constructor' }, ['kind']],
    ['a list', [{ kind: 'pause' }], ['']],
    ['a kind of another type', { kind: ['pause'] }, ['kind']],
    ['a reason that turns the order of letters', { kind: 'pause', reason: 'a\u202eb' }, ['reason']],
    ['a reason with controls', { kind: 'pause', reason: 'a\u0000b' }, ['reason']],
    ['an endless reason', { kind: 'pause', reason: 'x'.repeat(2_001) }, ['reason']],
    ['a tag with a space', { kind: 'tag', tags: ['a b'] }, ['tags.0']],
    ['an invisible tag', { kind: 'tag', tags: ['\u200b'] }, ['tags.0']],
    ['no tag', { kind: 'tag', tags: [] }, ['tags']],
    ['too many tags', { kind: 'tag', tags: Array.from({ length: 21 }, (_, at) => `t${at}`) }, ['tags']],
    ['a negative step', { kind: 'move', sequence: 'content-nurture', step: -1 }, ['step']],
    ['an empty note', { kind: 'note', text: ' ' }, ['text']],
    ['a note with a reason', { kind: 'note', text: 'x', reason: 'y' }, ['']],
  ])('with %s are refused, and the field is named', async (_, body, fields) => {
    const leadId = await underWay();
    const given = await give(leadId, body, { ifMatch: '*' });
    expect([given.status, given.code, given.errors?.map(({ field }) => field)]).toEqual([400, 'CONTRACT', fields]);
    expect(await house.types(leadId)).toEqual(['triaged', 'enrolled']);
  });

  it.each([
    ['a prototype’s key', '{"kind":"pause","__proto__":{"by":"eve"}}', 400, 'JSON'],
    ['half a body', '{"kind":', 400, 'JSON'],
    ['no body', undefined, 400, 'CONTRACT'],
    ['an oversized body', JSON.stringify({ kind: 'note', text: 'x'.repeat(70_000) }), 413, 'TOO_LARGE'],
  ])('with %s are refused', async (_, body, status, code) => {
    expect(await give(await underWay(), body)).toMatchObject({ status, code });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'as %s, which a form of another site can post, are refused',
    async (type) => {
      const given = await give(await underWay(), '{"kind":"pause"}', { headers: { 'content-type': type } });
      expect(given).toMatchObject({ status: 415, code: 'MEDIA_TYPE' });
    },
  );

  describe('of a program without the right to read', () => {
    it('are answered without personal data, also when they are refused', async () => {
      const leadId = await house.newLead(enrolled({}), completed);
      const role = 'command';
      const answers = [
        await give(leadId, { kind: 'tag', tags: ['customer'] }, { role }),
        await give(leadId, { kind: 'resume' }, { role, ifMatch: '*' }),
        await give(leadId, { kind: 'restart' }, { role, ifMatch: '"1"' }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 409, 409]);
      expect(JSON.stringify(answers)).not.toMatch(/Jane|Doerr|example\.com|whitepaper/);
      expect(answers.map(({ lead }) => Object.keys(lead ?? {}))).toEqual(
        answers.map(() => ['id', 'version', 'status', 'next']),
      );
    });
  });

  describe('to erase', () => {
    it('are an administrator’s', async () => {
      const leadId = await underWay();
      for (const role of ['command', 'operate'] as const)
        expect(await give(leadId, { kind: 'erase' }, { role, ifMatch: '*' })).toMatchObject({
          status: 403,
          code: 'ROLE',
        });
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled']);
    });

    it('destroy the lead’s personal data, once', async () => {
      const leadId = await underWay();
      const first = await give(leadId, { kind: 'erase' }, { role: 'admin', ifMatch: '"2"' });
      expect(first).toMatchObject({ status: 200, event: { type: 'lead.erased' }, lead: { status: 'erased' } });
      expect(JSON.stringify(first)).not.toMatch(/Jane|Doerr|example\.com/);
      expect(first.lead).toMatchObject({ timeline: [{ sealed: true }, { sealed: false }, { type: 'lead.erased' }] });
      const again = await give(leadId, { kind: 'erase' }, { role: 'admin', ifMatch: '"2"' });
      expect(again).toMatchObject({ status: 200, event: first.event });
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled', 'erased']);
    });

    it('are refused for another version, and for a reason with something of the person', async () => {
      const leadId = await underWay();
      const role = 'admin';
      expect(await give(leadId, { kind: 'erase' }, { role, ifMatch: '"1"' })).toMatchObject({
        status: 409,
        code: 'MOVED_ON',
      });
      for (const reason of ['Jane asked', 'asked by x@y.example'])
        expect(await give(leadId, { kind: 'erase', reason }, { role, ifMatch: '"2"' })).toMatchObject({
          status: 422,
          code: 'PERSONAL_REASON',
        });
      expect(await house.types(leadId)).toEqual(['triaged', 'enrolled']);
    });
  });

  it('are limited by their rate, each caller by itself', async () => {
    const slow = await opened({ ...house.env, CONSOLE_COMMANDS_PER_MINUTE: '2' });
    await slow.service.ready;
    const leadId = await underWay();
    const statuses = [];
    for (let count = 0; count < 3; count++)
      statuses.push((await give(leadId, { kind: 'tag', tags: [`t${count}`] }, { on: slow })).status);
    statuses.push((await give(leadId, { kind: 'tag', tags: ['x'] }, { on: slow, role: 'admin' })).status);
    statuses.push((await slow.ask('GET', `/v1/me`, { role: 'operate' })).statusCode);
    await slow.service.stop();
    expect(statuses).toEqual([200, 200, 429, 200, 200]);
  });

  it('leave a line in the log with their author, and no personal data', async () => {
    const leadId = await underWay();
    console.lines.length = 0;
    await give(leadId, { kind: 'note', text: 'Jane likes tea' });
    await give(leadId, { kind: 'assign', rep: 'Jane@example.com' });
    await give(leadId, { kind: 'Jane' });
    const [line] = console.lines.filter((one) => one.includes('command given')).map((one) => JSON.parse(one) as object);
    expect(line).toMatchObject({ by: 'operate-token', leadId, event: 'lead.noted', isNew: true });
    expect(console.lines.join()).not.toMatch(/Jane|Doerr|@example\.com|tea/);
  });
});
