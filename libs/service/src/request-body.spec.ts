import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { HeldBytes } from './held-bytes.ts';
import { RequestBody } from './request-body.ts';

const requestOf = (chunks: readonly Buffer[]) => {
  const budget = new HeldBytes(10_000);
  const raw = new IncomingMessage(new Socket());
  for (const chunk of chunks) raw.push(chunk);
  raw.push(null);
  const limits = { bytesMax: 1_000, timeoutMs: 60_000 };
  return { raw, budget, body: new RequestBody(raw, new ServerResponse(raw), budget, 'a network', limits) };
};
/** A buffer that shares its memory with no other, as Node.js gives a request's. */
const chunkOf = (text: string): Buffer => {
  const chunk = Buffer.allocUnsafeSlow(text.length);
  chunk.write(text);
  return chunk;
};

describe('the memory of a body', () => {
  it('is there once: what was copied is released at once', async () => {
    const chunk = chunkOf('a body');
    expect((await requestOf([chunk]).body.whole()).text).toBe('a body');
    expect(chunk.byteLength).toBe(0);
  });

  it('is released as it comes, once nobody reads it', async () => {
    const [first, second] = [chunkOf('read'), chunkOf('left out')];
    const { body, raw } = requestOf([first, second]);
    for await (const chunk of body.chunks()) {
      expect(chunk.toString()).toBe('read');
      break;
    }
    await once(raw, 'end');
    expect(second.byteLength).toBe(0);
  });

  it('is left alone where others share it', async () => {
    const all = Buffer.from('two of one memory');
    expect((await requestOf([all.subarray(0, 3)]).body.whole()).text).toBe('two');
    expect(all.toString()).toBe('two of one memory');
  });

  it('is released once it is decoded; its room stays reserved for what was made of it', async () => {
    const { body, budget } = requestOf([chunkOf('a body')]);
    const kept = await body.whole();
    const [page] = kept.pages;
    const { total } = budget;
    body.forget();
    expect(page?.byteLength).toBe(0);
    expect([total, budget.total]).toEqual([1_000, 1_000]);
  });
});
