import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { batchesOf } from './event-batches.ts';

const sizes = (batches: object[]): number[] => batches.map((batch) => Buffer.byteLength(JSON.stringify(batch)));

describe('a batch that is stored', () => {
  it('is one message, unchanged, if it fits', () => {
    const body = '[ {"a":"\\u003c"} ,\r\n{"b":1} ]\r\n';
    expect(batchesOf(body, 100)).toEqual([{ body }]);
  });

  it('is several messages if it does not fit, each event in one of them and in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ n: fc.nat(), text: fc.string({ unit: 'binary', maxLength: 20 }) }), { minLength: 1 }),
        (events) => {
          const batches = batchesOf(JSON.stringify(events), 400);
          expect(batches.flatMap(({ body }) => JSON.parse(body) as unknown[])).toEqual(
            JSON.parse(JSON.stringify(events)),
          );
          expect(Math.max(...sizes(batches))).toBeLessThanOrEqual(400);
        },
      ),
    );
  });

  it.each([
    ['no JSON', 'x"\n'.repeat(300)],
    ['no array', JSON.stringify({ a: '"'.repeat(500) })],
    ['one event beyond all measure', JSON.stringify([{ reason: '😀"'.repeat(300) }])],
    ['nested deeper than the stack', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('keeps each byte of a body that cannot be divided: %s', (_, body) => {
    const batches = batchesOf(body, 200);
    expect(batches.map((batch) => batch.body).join('')).toBe(body);
    expect(Math.max(...sizes(batches))).toBeLessThanOrEqual(200);
  });
});
