import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dies } from '@leadstream/testing/dies';
import { kindNames, KINDS } from './kinds.ts';
import type { Role } from './roles.ts';
import type { CommandedMany } from './schemas.ts';
import { opened, untilReady } from './testing/opened.ts';

import { BODIES, Commanding } from './testing/commanding.ts';

const DEATHS_AT_ONCE = 15;

describe('commands', () => {
  let at: Commanding;
  const give: Commanding['give'] = (...given) => at.give(...given);
  beforeAll(async () => {
    at = await Commanding.open();
  });
  afterAll(() => at?.close());

  describe('with a key', () => {
    it('that was used for the same command have its answer, whatever came after', async () => {
      const leadId = await at.underWay();
      const first = await give(leadId, { kind: 'pause' }, { key: 'k' });
      await give(leadId, { kind: 'resume' }, { ifMatch: '"3"' });
      const again = await give(leadId, { kind: 'pause', reason: 'asked again' }, { key: 'k' });
      expect(again).toMatchObject({ status: 200, event: first.event, lead: { version: 4, status: 'active' } });
      expect(again.headers['idempotent-replayed']).toBe('true');
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled', 'paused', 'resumed']);
    });

    it('that was used before are not judged by If-Match again', async () => {
      const leadId = await at.underWay();
      const once = { key: 'k', ifMatch: '"2"' };
      const first = await give(leadId, { kind: 'restart' }, once);
      expect(await give(leadId, { kind: 'restart' }, once)).toMatchObject({ status: 200, event: first.event });
    });

    it('given at once are one event', async () => {
      const leadId = await at.underWay();
      const other = await opened(at.house.env);
      await untilReady(other);
      const given = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          give(leadId, { kind: 'tag', tags: ['vip'] }, { key: 'k', on: index % 2 ? at.console : other }),
        ),
      );
      await other.service.stop();
      expect(new Set(given.map(({ status, event }) => `${status} ${event?.id}`)).size).toBe(1);
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled', 'tagged']);
    });

    it('that was used for another command are refused', async () => {
      const leadId = await at.underWay();
      await give(leadId, { kind: 'tag', tags: ['a'] }, { key: 'k' });
      for (const body of [{ kind: 'tag', tags: ['b'] }, { kind: 'pause' }])
        expect(await give(leadId, body, { key: 'k' })).toMatchObject({ status: 422, code: 'KEY_REUSED' });
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled', 'tagged']);
    });

    it('of another caller are refused, for one lead and for many', async () => {
      const leadId = await at.underWay();
      const many = async (role: Role) => {
        const headers = { 'content-type': 'application/json', 'idempotency-key': 'k-many' };
        const body = { kind: 'tag', tags: ['b'], ids: [leadId], reason: 'x' };
        const answer = await at.console.ask('POST', '/v1/leads/commands', { role, body, headers });
        return answer.json<CommandedMany>().results.map(({ outcome, reason }) => reason ?? outcome);
      };
      await give(leadId, { kind: 'tag', tags: ['a'] }, { key: 'k' });
      const other = await give(leadId, { kind: 'tag', tags: ['a'] }, { key: 'k', role: 'command' });
      expect(other).toMatchObject({ status: 422, code: 'KEY_REUSED', event: { type: 'lead.tagged' } });
      expect(JSON.stringify(other)).not.toMatch(/Jane|Doerr|example\.com|operate-token/);
      expect([await many('operate'), await many('operate')]).toEqual([['changed'], ['before']]);
      expect(await many('command')).toEqual(['key-reused']);
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled', 'tagged', 'tagged']);
    });

    it.each(['', 'x'.repeat(201), 'two words', 'ümlaut'])('%j are refused', async (key) => {
      expect(await give(await at.underWay(), { kind: 'pause' }, { key })).toMatchObject({
        status: 400,
        code: 'IDEMPOTENCY_KEY',
      });
    });

    it.each([true, false])(
      'are one event when the console dies at any of its messages and they are given again; the message arrives: %s',
      async (arrives) => {
        const diesAt = async (message: number) => {
          const leadId = await at.underWay();
          const once = { key: 'k', ifMatch: '"2"' };
          const died = await dies(at.house.nats.port, message, arrives, async (NATS_URL, signal, begin) => {
            const dying = await opened({ ...at.house.env, NATS_URL });
            const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
            await untilReady(dying);
            begin();
            const given = give(leadId, { kind: 'restart' }, { ...once, on: dying });
            await Promise.race([given, stopped]);
            await Promise.all([dying.service.stop(), given.catch(() => undefined)]);
          });
          expect(await give(leadId, { kind: 'restart' }, once)).toMatchObject({ status: 200 });
          expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled', 'restarted']);
          return died;
        };
        // Several at once, because a request to a lost server is in hand until the end of its time.
        let deaths = 0;
        for (let died = [true]; died.every(Boolean);) {
          const first = deaths + 1;
          died = await Promise.all(Array.from({ length: DEATHS_AT_ONCE }, (_, index) => diesAt(first + index)));
          deaths += died.filter(Boolean).length;
        }
        expect(deaths).toBeGreaterThan(2);
      },
    );
  });

  describe('for a version', () => {
    it('that is no longer the lead’s are refused with what happened since, and the lead', async () => {
      const leadId = await at.underWay();
      await give(leadId, { kind: 'tag', tags: ['vip'] });
      const given = await give(leadId, { kind: 'restart' }, { ifMatch: '"2"' });
      expect(given).toMatchObject({
        status: 409,
        code: 'MOVED_ON',
        detail: '1 event since version 2',
        since: [{ type: 'lead.tagged' }],
        lead: { version: 3 },
      });
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled', 'tagged']);
      expect(await give(leadId, { kind: 'restart' }, { ifMatch: '"3"' })).toMatchObject({ status: 200 });
    });

    it('are recorded once of many at once', async () => {
      const leadId = await at.underWay();
      const given = await Promise.all(
        Array.from({ length: 6 }, () => give(leadId, { kind: 'move', ...BODIES.move }, { ifMatch: '"2"' })),
      );
      expect(given.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    });

    it.each(kindNames.filter((kind) => KINDS[kind].ifMatch))('%s is refused without one', async (kind) => {
      const leadId = await at.underWay();
      const given = await give(leadId, { kind, ...BODIES[kind] }, { role: 'admin' });
      expect(given).toMatchObject({ status: 428, code: 'IF_MATCH_REQUIRED' });
      expect(await at.house.types(leadId)).toEqual(['triaged', 'enrolled']);
    });

    it.each(['2', 'W/"2"', '"2", "3"', '"0"', '""', '"99999999999"'])('written as %s are refused', async (ifMatch) => {
      expect(await give(await at.underWay(), { kind: 'pause' }, { ifMatch })).toMatchObject({
        status: 400,
        code: 'IF_MATCH',
      });
    });
  });
});
