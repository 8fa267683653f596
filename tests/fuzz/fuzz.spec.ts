import { expect, it } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { shown, type Payload } from './payload.ts';
import { shortest } from './shrink.ts';

it('each mutated payload becomes a clean lead, a fact, a refusal with a reason or a quarantine entry', async () => {
  const { outcomes, failures } = await fuzz({ seed: 14, runs: 400 });
  expect(failures.map(({ run, says, payload }) => `payload ${run}: ${says}\n${shown(payload)}`)).toEqual([]);
  expect([...outcomes.keys()].join()).toMatch(/leads {2}recorded/);
  for (const kind of [/leads {2}refused/, /bus {4}recorded/, /mail {3}recorded/, /quarantined/])
    expect([...outcomes.keys()].join()).toMatch(kind);
});

it('a failing payload is shortened to the part that fails', async () => {
  const payload: Payload = {
    door: 'leads',
    url: '/v1/leads',
    contentType: undefined,
    body: Buffer.from('abcdefXghij'),
  };
  const fails = ({ body }: Payload) => Promise.resolve(body.includes('X'));
  expect((await shortest(payload, fails)).body.toString()).toBe('X');
});
