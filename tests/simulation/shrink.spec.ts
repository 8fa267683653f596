import { describe, expect, it } from '@jest/globals';
import { Choices, type Recording } from './choices.ts';
import { nonDefaultChoices, shrink } from './shrink.ts';

const noise: Recording = { kill: [0, 1, 0, 1, 1, 0, 1], delay: [3, 0, 8, 2], request: [1, 1, 1, 1, 1, 1, 1, 1] };

describe('the shortest failing recording', () => {
  it('keeps only the choices that the failure needs', async () => {
    const shortest = await shrink(noise, async ({ kill, delay }) => kill?.[4] === 1 && (delay?.[2] ?? 0) > 0);
    expect(nonDefaultChoices(shortest)).toEqual([
      { stream: 'kill', index: 4 },
      { stream: 'delay', index: 2 },
    ]);
  });

  it('takes the mildest option that still fails', async () => {
    const shortest = await shrink(noise, async ({ delay }) => (delay?.[2] ?? 0) >= 2);
    expect(shortest.delay?.[2]).toBe(2);
  });

  it('has only default choices when every run fails', async () => {
    expect(nonDefaultChoices(await shrink(noise, async () => true))).toEqual([]);
  });
});

describe('a random choice', () => {
  const draw = (choices: Choices) =>
    Array.from({ length: 50 }, (_, index) => choices.pick(index % 2 ? 'kill' : 'delay', [3, 1, 1]));

  it('is drawn the same from the same seed, and differently for another run', () => {
    expect(draw(Choices.seeded(7, 1))).toEqual(draw(Choices.seeded(7, 1)));
    expect(draw(Choices.seeded(7, 2))).not.toEqual(draw(Choices.seeded(7, 1)));
  });

  it('is replayed as it was recorded', () => {
    const choices = Choices.seeded(7, 1);
    const drawn = draw(choices);
    expect(draw(Choices.replayed(choices.made))).toEqual(drawn);
  });

  it('falls back to the default choice after the recording ends, and to the last option for an unknown one', () => {
    const choices = Choices.replayed({ kill: [9] });
    expect([choices.pick('kill', [1, 1]), choices.pick('kill', [1, 1]), choices.pick('delay', [0, 1])]).toEqual([
      1, 0, 0,
    ]);
  });
});
