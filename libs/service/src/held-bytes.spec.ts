import { describe, expect, it } from '@jest/globals';
import { HeldBytes, type Hold } from './held-bytes.ts';

const KIB = 1024;

describe('the bytes that a process holds', () => {
  const open = (max = 100 * KIB) => {
    const at = { ms: 0 };
    const budget = new HeldBytes(max, () => at.ms);
    const out: string[] = [];
    const hold = (party: string, bytes: number, { trusted = false, name = party } = {}): Hold & { fits: boolean } => {
      const made = budget.open(party, () => out.push(name));
      made.trusted = trusted;
      return Object.assign(made, { fits: made.add(bytes) });
    };
    return { at, budget, out, hold };
  };

  it('are released by a finished request', () => {
    const { budget, hold } = open();
    const first = hold('a', 100 * KIB);
    expect([first.fits, hold('b', 0).fits, budget.total]).toEqual([true, true, 100 * KIB]);
    first.release();
    first.release();
    expect([hold('a', 100 * KIB).fits, budget.total]).toEqual([true, 100 * KIB]);
  });

  it('stay within the budget: a further request of the network that holds most is refused', () => {
    const { budget, out, hold } = open();
    hold('a', 60 * KIB);
    expect([hold('a', 60 * KIB).fits, out, budget.total]).toEqual([false, [], 60 * KIB]);
  });

  it('make room for another network: the one that holds most loses its slowest body first', () => {
    const { at, out, hold } = open();
    hold('attacker', 40 * KIB, { name: 'older' }).moved(16 * KIB);
    at.ms = 10;
    hold('attacker', 40 * KIB, { name: 'newer' }).moved(16 * KIB);
    hold('c', 20 * KIB);
    expect([hold('sendgrid', 30 * KIB).fits, out]).toEqual([true, ['older']]);
  });

  it('make room within one network only by a body without progress for a second, or with hardly any', () => {
    const { at, out, hold } = open();
    const slow = hold('proxy', 60 * KIB, { name: 'slow' });
    at.ms = 900;
    for (let bytes = 1; bytes < 100; bytes++) slow.moved(bytes);
    expect([hold('proxy', 60 * KIB).fits, out]).toEqual([false, []]);
    at.ms = 1_100;
    slow.moved(101);
    expect([hold('proxy', 60 * KIB).fits, out]).toEqual([true, ['slow']]);
  });

  it('are kept for a network that holds less, and for a complete body', () => {
    const { at, out, hold } = open();
    hold('small', 10 * KIB);
    const stored = hold('big', 80 * KIB);
    stored.whole = true;
    at.ms = 60_000;
    expect([hold('big', 20 * KIB).fits, hold('other', 20 * KIB).fits, out]).toEqual([false, false, []]);
  });

  it('of a known caller displace those of strangers and not the reverse, up to three quarters', () => {
    const { out, hold } = open();
    const mail = hold('sendgrid', 70 * KIB, { trusted: true, name: 'mail' });
    expect(hold('attacker', 30 * KIB).fits).toBe(true);
    expect([hold('other', 10 * KIB).fits, out]).toEqual([true, ['attacker']]);
    expect(hold('sendgrid', 10 * KIB, { trusted: true }).fits).toBe(false);
    mail.release();
    expect([hold('sendgrid', 75 * KIB, { trusted: true }).fits, out]).toEqual([true, ['attacker']]);
  });

  it('never exceed the budget under random requests', () => {
    const { at, budget, hold } = open();
    const holds: Hold[] = [];
    for (let i = 0; i < 2_000; i++) {
      at.ms += 37;
      const made = hold(`network ${i % 7}`, (i * 7_919) % (30 * KIB), { trusted: i % 5 === 0 });
      holds.push(made);
      if (i % 3 === 0) holds[(i * 31) % holds.length]?.release();
      expect(budget.total).toBeLessThanOrEqual(budget.max);
    }
    for (const each of holds) each.release();
    expect(budget.total).toBe(0);
  });
});
