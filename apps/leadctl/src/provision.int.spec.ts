import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { storeNames } from '@leadstream/service/rights/rights';
import { startNats, type Server } from '@leadstream/testing/servers';
import { command } from './testing/command.ts';

describe('leadctl provision', () => {
  let nats: Server;
  const provision = (...args: string[]) => provisionOf(undefined, ...args);
  const provisionOf = (partitions: string | undefined, ...args: string[]) =>
    command(['provision', ...args], { NATS_URL: nats.url, LOG_PARTITIONS: partitions });
  const partitions = async (...args: string[]): Promise<unknown> =>
    (JSON.parse((await provision(...args, '--json')).out) as { partitions: number }).partitions;
  beforeEach(async () => {
    nats = await startNats();
  });
  afterEach(() => nats.stop());

  it('makes a log of as many streams as are named, which stay', async () => {
    expect(await partitions('--partitions', '4')).toBe(4);
    expect(await partitions()).toBe(4);
    expect((await provision()).out).toBe(`${storeNames.length + 3} streams and buckets are there\n`);
    const { code, err } = await provision('--partitions', '8');
    expect([code, err]).toEqual([1, 'leadctl: --partitions: the log has 4, and keeps them; 8 would be another log\n']);
  });

  it('takes the number of streams from the environment, and that of the command first', async () => {
    expect((await provisionOf('33')).err).toContain('LOG_PARTITIONS: must be at most 32');
    expect((await provisionOf('4')).out).toBe(`${storeNames.length + 3} streams and buckets are there\n`);
    expect((await provisionOf('8')).err).toBe(
      'leadctl: LOG_PARTITIONS: the log has 4, and keeps them; 8 would be another log\n',
    );
    expect(await provisionOf('8', '--partitions', '4')).toMatchObject({ code: 0 });
  });

  it('makes a log of one stream by default, which stays', async () => {
    expect(await partitions()).toBe(1);
    expect(await provision('--partitions', '4')).toMatchObject({ code: 1 });
    expect(await partitions('--partitions', '1')).toBe(1);
  });

  it.each(['0', '33', 'four', '1.5'])('takes no %s of partitions, and makes nothing', async (text) => {
    const { code, err } = await provision('--partitions', text);
    expect([code, err]).toEqual([1, expect.stringContaining('--partitions: must be')]);
    expect((await command(['nats', 'permissions', '--partitions', text], {})).code).toBe(1);
    expect(await partitions('--partitions', '2')).toBe(2);
  });
});
