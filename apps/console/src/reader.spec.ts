import { setImmediate as turn } from 'node:timers/promises';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Reader } from './reader.ts';
import { Recent, type LiveEvent } from './recent.ts';

const event = (seq: number, type = 'lead.sent'): LiveEvent => ({
  seq,
  id: `e-${seq}`,
  type,
  leadId: 'lead',
  version: seq,
  at: '2026-11-23T09:00:00Z',
  source: 'test',
});

/** A response that takes a write only when told to. */
class Response extends Writable {
  readonly taken: string[] = [];
  bytes = 0;
  #held: (() => void) | undefined;
  #takes: boolean;

  constructor(takes: boolean) {
    super({ highWaterMark: 1 });
    this.#takes = takes;
  }

  override _write(chunk: Buffer, _: unknown, done: () => void): void {
    this.taken.push(chunk.toString());
    if (this.#takes) done();
    else this.#held = done;
  }

  /** Takes everything from now on. */
  open(): void {
    this.#takes = true;
    this.#held?.();
  }

  get text(): string {
    return this.taken.join('');
  }

  get seqs(): number[] {
    return [...this.text.matchAll(/^id: (\d+)\ndata/gm)].map(([, seq]) => Number(seq));
  }
}

const opened = (recent: Recent, after: number, takes = true) => {
  const out = new Response(takes);
  return { out, reader: new Reader(out, { recent, isWanted: ({ type }) => type !== 'lead.opened', after: [after] }) };
};

describe('a reader of live events', () => {
  it('gets those behind its position, each once, and those that follow', async () => {
    const recent = new Recent(100);
    for (let seq = 1; seq <= 5; seq++) recent.add(event(seq));
    const { out, reader } = opened(recent, 3);
    recent.add(event(6, 'lead.opened'));
    recent.add(event(7));
    reader.pump();
    await turn();
    expect(out.seqs).toEqual([4, 5, 7]);
    expect(out.text).toContain(`id: 7\ndata: ${JSON.stringify(event(7))}\n\n`);
  });

  it('is told what is not there any more, and goes on behind it', async () => {
    const recent = new Recent(2);
    for (let seq = 11; seq <= 16; seq++) recent.add(event(seq));
    const { out } = opened(recent, 5);
    await turn();
    expect(out.text).toContain('event: gap\ndata: {"after":5,"upTo":14}\n\n');
    expect(out.seqs).toEqual([15, 16]);
  });

  it('is told when the log has become shorter', async () => {
    const recent = new Recent(100);
    recent.add(event(90));
    const { out, reader } = opened(recent, 90);
    recent.begin(40);
    reader.pump();
    recent.add(event(41));
    reader.pump();
    await turn();
    expect(out.text).toContain('data: {"after":90,"upTo":40}');
    expect(out.seqs).toEqual([41]);
  });

  it('that is slow keeps a bounded number of bytes waiting, and misses nothing that is still there', async () => {
    const recent = new Recent(5_000);
    recent.begin(0);
    const { out, reader } = opened(recent, 0, false);
    for (let seq = 1; seq <= 5_000; seq++) {
      recent.add(event(seq));
      reader.pump();
    }
    expect(out.writableLength).toBeLessThan(66 * 1024);
    out.open();
    while (out.seqs.length < 5_000) await turn();
    expect(out.seqs).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  });

  it('that is slower than the events is told the gap', async () => {
    const recent = new Recent(500);
    recent.begin(0);
    const { out, reader } = opened(recent, 0, false);
    for (let seq = 1; seq <= 5_000; seq++) {
      recent.add(event(seq));
      reader.pump();
    }
    out.open();
    while (!out.seqs.includes(5_000)) await turn();
    const [, after, upTo] = /gap\ndata: {"after":(\d+),"upTo":(\d+)}/.exec(out.text) ?? [];
    expect(out.seqs.includes(Number(after))).toBe(true);
    expect(out.seqs.at(out.seqs.indexOf(Number(after)) + 1)).toBe(Number(upTo) + 1);
    expect(out.text.match(/gap/g)).toHaveLength(1);
  });

  it('of several streams gets each event once, also in a process that got them in another order', async () => {
    const seqsOf = (text: string) =>
      [...text.matchAll(/^id: (\S+)\ndata: {"seq":(\d+)/gm)].map(([, id, seq]) => [id, seq]);
    const read = (recent: Recent, after: readonly number[]) => {
      const out = new Response(true);
      new Reader(out, { recent, isWanted: () => true, after });
      return turn().then(() => out.text);
    };
    const [one, other] = [new Recent(100, 2), new Recent(100, 2)];
    for (const [seq, stream] of [
      [1, 0],
      [1, 1],
      [2, 1],
      [2, 0],
    ] as const)
      one.add(event(seq), stream);
    for (const [seq, stream] of [
      [1, 1],
      [2, 1],
      [1, 0],
      [2, 0],
    ] as const)
      other.add(event(seq), stream);
    const all = await read(one, [0, 0]);
    expect(seqsOf(all)).toEqual([
      ['1-0', '1'],
      ['1-1', '1'],
      ['1-2', '2'],
      ['2-2', '2'],
    ]);
    expect(seqsOf(await read(other, [1, 0]))).toEqual([
      ['1-1', '1'],
      ['1-2', '2'],
      ['2-2', '2'],
    ]);
    expect(await read(other, [2, 2])).toBe('');
  });

  it('of several streams is told the number of events that it missed, and goes on in each', async () => {
    const recent = new Recent(1, 2);
    for (const [seq, stream] of [
      [5, 0],
      [8, 1],
      [6, 0],
    ] as const)
      recent.add(event(seq), stream);
    const out = new Response(true);
    new Reader(out, { recent, isWanted: () => true, after: [3, 9] });
    await turn();
    expect(out.text).toMatch(/^id: 5-8\nevent: gap\ndata: {"after":12,"upTo":13}\n\nid: 6-8\ndata: /);
  });

  it('gets a comment at each tick, and is closed when it takes nothing for four of them', async () => {
    const recent = new Recent(5_000);
    recent.begin(0);
    const quick = opened(recent, 0);
    const slow = opened(recent, 0, false);
    for (let seq = 1; seq <= 1_000; seq++) recent.add(event(seq));
    slow.reader.pump();
    for (let tick = 1; tick <= 4; tick++) {
      expect(slow.out.destroyed).toBe(false);
      quick.reader.tick();
      slow.reader.tick();
    }
    await turn();
    expect(quick.out.text).toBe(':\n\n'.repeat(4));
    expect([slow.out.destroyed, quick.out.destroyed]).toEqual([true, false]);
  });
});
