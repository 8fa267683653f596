import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { logger } from './log.ts';
import { collectAtRest } from './rest.ts';

const EVERY_MS = 200;

describe('the garbage of a process', () => {
  const timers: NodeJS.Timeout[] = [];
  afterEach(() => timers.splice(0).forEach(clearInterval));

  const watched = (): string[] => {
    const lines: string[] = [];
    timers.push(collectAtRest(logger('triage', 'debug', { write: (line) => void lines.push(line) }), EVERY_MS));
    return lines;
  };

  it('is collected when it rests, and again only when its heap has grown', async () => {
    const lines = watched();
    await eventually(() => lines.length > 0);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'collected at rest', heapMiB: expect.any(Number) });
    await wait(5 * EVERY_MS);
    expect(lines).toHaveLength(1);
    const held = Array.from({ length: 400 }, () => Array.from({ length: 10_000 }, Math.random));
    await eventually(() => lines.length > 1);
    expect(held).toHaveLength(400);
  });

  it('stays while it works', async () => {
    const lines = watched();
    const end = performance.now() + 5 * EVERY_MS;
    while (performance.now() < end) {
      const pause = performance.now() + EVERY_MS / 10;
      while (performance.now() < pause);
      await wait(1);
    }
    expect(lines).toEqual([]);
  });
});
