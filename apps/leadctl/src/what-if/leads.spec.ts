import { describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { claimed, stepDue } from '@leadstream/testing/builders';
import { MONDAY, recorded } from '@leadstream/testing/given';
import { LeadEvents } from './leads.ts';

const at = (seconds: number): string => Temporal.Instant.from(MONDAY).add({ seconds }).toString();
/** A step that is found and claimed at these seconds. */
const step = (leadId: string, dueAt: number, claimedAt: number): Recorded[] =>
  recorded([
    { ...stepDue(), at: at(dueAt) },
    { ...claimed('a'), at: at(claimedAt) },
  ]).map((event) => ({ ...event, leadId }));
async function* streamAfterStream(...streams: Recorded[][]): AsyncGenerator<Recorded> {
  for (const stream of streams) yield* stream;
}
const darkOf = async (...streams: Recorded[][]): Promise<[number, number][]> => {
  using log = await LeadEvents.read(streamAfterStream(...streams), () => undefined);
  const secondOf = (ms: number) => (ms - Date.parse(MONDAY)) / 1_000;
  return log.dark.map(({ fromMs, toMs }) => [secondOf(fromMs), secondOf(toMs)]);
};

const slow = step('slow', 0, 60);
const others = [10, 20, 30, 40, 50].flatMap((second) => step(`other-${second}`, second, second + 1));

describe('the dark times of a log that is read stream after stream', () => {
  it('are none where leads of another stream go on', async () => {
    expect(await darkOf(slow, others)).toEqual([]);
    expect(await darkOf(others, slow)).toEqual([]);
  });

  it('are those in which no stream goes on', async () => {
    const after = step('after', 300, 301);
    expect(await darkOf([...slow, ...after], others, step('waits', 100, 200))).toEqual([[100, 200]]);
  });
});
