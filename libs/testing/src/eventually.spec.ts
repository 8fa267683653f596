import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('resolves with the first truthy result', async () => {
    const results = [undefined, 0, '', 'there'];
    await expect(eventually(() => results.shift(), { everyMs: 0 })).resolves.toBe('there');
  });

  it('repeats a check that throws', async () => {
    let calls = 0;
    const check = async () => {
      if (++calls < 3) throw new Error('not yet');
      return calls;
    };
    await expect(eventually(check, { everyMs: 0 })).resolves.toBe(3);
  });

  it('throws the last error itself after the timeout', async () => {
    const failure = new Error('expected 2 mails, got 1');
    await expect(
      eventually(
        () => {
          throw failure;
        },
        { timeoutMs: 0 },
      ),
    ).rejects.toBe(failure);
  });

  it('waits as long as there is progress, and no longer', async () => {
    const [progress, asked] = [[1, 2, 2, 3], [] as unknown[]];
    const options = { timeoutMs: 0, everyMs: 0, progress: () => progress.shift() };
    await expect(eventually(() => asked.push('') > 9, options)).rejects.toThrow('still false');
    expect([asked.length, progress]).toEqual([3, [3]]);
  });

  it('names the check that never became true', async () => {
    await expect(eventually(() => [].length > 1, { timeoutMs: 0 })).rejects.toThrow(
      /^still false after 0 ms: .*\[\]\.length > 1/,
    );
  });
});
