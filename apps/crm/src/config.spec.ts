import { expect, it } from '@jest/globals';
import { loadConfig } from '@leadstream/service/config';
import { ACK_WAIT_MS, config } from './config.ts';

it.each([
  [String(ACK_WAIT_MS / 2), true],
  [String(ACK_WAIT_MS), false],
])('events that wait %s ms for others of their lead are acknowledged before NATS repeats them: %s', (ms, isTaken) => {
  const load = () => loadConfig(config.pick({ HUBSPOT_EVERY_MS: true }), { HUBSPOT_EVERY_MS: ms });
  if (isTaken) expect(load()).toEqual({ HUBSPOT_EVERY_MS: Number(ms) });
  else expect(load).toThrow('HUBSPOT_EVERY_MS');
});
