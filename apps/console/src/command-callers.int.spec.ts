import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { completed, enrolled, paused } from '@leadstream/testing/builders';
import type { Role } from './roles.ts';
import { commandedMany } from './schemas.ts';
import { opened, untilReady } from './testing/opened.ts';

import { Commanding, type Answer } from './testing/commanding.ts';

describe('commands', () => {
  let at: Commanding;
  const give: Commanding['give'] = (...given) => at.give(...given);
  beforeAll(async () => {
    at = await Commanding.open();
  });
  afterAll(() => at?.close());

  describe('for many leads', () => {
    const many = async (body: object, key: string = crypto.randomUUID(), role: Role = 'operate') => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key };
      const answer = await at.console.ask('POST', '/v1/leads/commands', { role, body, headers });
      return { status: answer.statusCode, ...answer.json<Answer & { results: { outcome: string }[] }>() };
    };

    it('have an outcome for each, and are each one event however often they are given', async () => {
      const [one, paused0] = [await at.underWay(), await at.house.newLead(paused)];
      const ids = [one, paused0, crypto.randomUUID(), one.toUpperCase()];
      const key = crypto.randomUUID();
      const first = await many({ kind: 'pause', ids, reason: 'a wrong list' }, key, 'command');
      expect(commandedMany.parse(first)).toMatchObject({
        results: [
          { id: one, outcome: 'changed', event: { type: 'lead.paused', version: 3 } },
          { id: paused0, outcome: 'unchanged', reason: 'paused-already' },
          { outcome: 'refused', reason: 'unknown-lead' },
        ],
        counts: { changed: 1, before: 0, unchanged: 1, refused: 1 },
      });
      const again = await many({ kind: 'pause', ids, reason: 'a wrong list' }, key, 'command');
      expect(again.results[0]).toEqual({ ...first.results[0], outcome: 'before' });
      expect(await at.house.types(one)).toEqual(['triaged', 'enrolled', 'paused']);
    });

    it.each<[string, object, string[]]>([
      ['no reason', { kind: 'pause', ids: [crypto.randomUUID()] }, ['reason']],
      ['no lead', { kind: 'pause', ids: [], reason: 'x' }, ['ids']],
      [
        'too many leads',
        { kind: 'pause', ids: Array.from({ length: 201 }, () => crypto.randomUUID()), reason: 'x' },
        ['ids'],
      ],
      ['an id of a subject', { kind: 'pause', ids: ['*'], reason: 'x' }, ['ids.0']],
      ['a kind for one lead', { kind: 'erase', ids: [crypto.randomUUID()], reason: 'x' }, ['kind']],
      ['another kind’s field', { kind: 'pause', ids: [crypto.randomUUID()], reason: 'x', tags: ['y'] }, ['tags']],
    ])('with %s are refused', async (_, body, fields) => {
      const answer = await many(body);
      expect([answer.status, answer.code, answer.errors?.map(({ field }) => field)]).toEqual([400, 'CONTRACT', fields]);
    });
  });

  describe('of a program without the right to read', () => {
    it('are answered without personal data, also when they are refused', async () => {
      const leadId = await at.house.newLead(enrolled({}), completed);
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
      const leadId = await at.underWay();
      for (const role of ['command', 'operate'] as const)
        expect(await give(leadId, { kind: 'erase' }, { role, ifMatch: '*' })).toMatchObject({
          status: 403,
          code: 'ROLE',
        });
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled']);
    });

    it('destroy the lead’s personal data, once', async () => {
      const leadId = await at.underWay();
      const first = await give(leadId, { kind: 'erase' }, { role: 'admin', ifMatch: '"2"' });
      expect(first).toMatchObject({ status: 200, event: { type: 'lead.erased' }, lead: { status: 'erased' } });
      expect(JSON.stringify(first)).not.toMatch(/Jane|Doerr|example\.com/);
      expect(first.lead).toMatchObject({ timeline: [{ sealed: true }, { sealed: false }, { type: 'lead.erased' }] });
      const again = await give(leadId, { kind: 'erase' }, { role: 'admin', ifMatch: '"2"' });
      expect(again).toMatchObject({ status: 200, event: first.event });
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled', 'erased']);
    });

    it('are refused for another version, and for a reason with something of the person', async () => {
      const leadId = await at.underWay();
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
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled']);
    });
  });

  it('are limited by their rate, each caller by itself', async () => {
    const slow = await opened({ ...at.house.env, CONSOLE_COMMANDS_PER_MINUTE: '2' });
    await untilReady(slow);
    const leadId = await at.underWay();
    const statuses = [];
    for (let count = 0; count < 3; count++)
      statuses.push((await give(leadId, { kind: 'tag', tags: [`t${count}`] }, { on: slow })).status);
    statuses.push((await give(leadId, { kind: 'tag', tags: ['x'] }, { on: slow, role: 'admin' })).status);
    statuses.push((await slow.ask('GET', `/v1/me`, { role: 'operate' })).statusCode);
    await slow.service.stop();
    expect(statuses).toEqual([200, 200, 429, 200, 200]);
  });
});
