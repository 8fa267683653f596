import type { LiveEvent } from '../../../src/recent.ts';

export type Heard =
  | { kind: 'event'; event: LiveEvent }
  | { kind: 'gap'; after: number; upTo: number }
  | { kind: 'state'; state: 'live' | 'waiting' };

const NAME = 'leadstream-events';
const AGAIN_MS = 2_000;

/** The server-sent events in a text (WHATWG HTML §9.2), and its unfinished rest. */
export function parsed(text: string): { heard: Heard[]; rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  const heard = blocks.flatMap((block): Heard[] => {
    const lines = block.split('\n');
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const data = field('data');
    if (data === undefined) return [];
    if (field('event') === 'gap') return [{ kind: 'gap', ...(JSON.parse(data) as { after: number; upTo: number }) }];
    return [{ kind: 'event', event: JSON.parse(data) as LiveEvent }];
  });
  return { heard, rest };
}

/**
 * Follows the log's events in one tab of the browser for all of them: an origin has six connections over HTTP/1.1, and
 * a seventh tab would wait for ever. The next tab goes on where the closed one was. Returns the function that ends it.
 */
export function follow(hear: (heard: Heard) => void): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const channel = new BroadcastChannel(NAME);
  let last: number | undefined;
  const take = (heard: Heard) => {
    if (heard.kind === 'event') last = heard.event.seq;
    hear(heard);
  };
  channel.onmessage = ({ data }: MessageEvent<Heard>) => take(data);
  const tell = (heard: Heard) => {
    take(heard);
    channel.postMessage(heard);
  };
  const read = () => readUntilEnd(() => last, tell, signal);
  // Locks need TLS or this machine: elsewhere each tab has a stream of its own.
  const held = 'locks' in navigator ? navigator.locks.request(NAME, { signal }, read) : read();
  held.catch(() => undefined);
  return () => {
    ending.abort();
    channel.close();
  };
}

async function readUntilEnd(last: () => number | undefined, tell: (heard: Heard) => void, signal: AbortSignal) {
  while (!signal.aborted) {
    await readOnce(last(), tell, signal).catch(() => undefined);
    if (signal.aborted) return;
    tell({ kind: 'state', state: 'waiting' });
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function readOnce(after: number | undefined, tell: (heard: Heard) => void, signal: AbortSignal): Promise<void> {
  const answer = await fetch('/v1/events', {
    signal,
    headers: after === undefined ? {} : { 'last-event-id': String(after) },
  });
  if (!answer.ok || !answer.body) return;
  tell({ kind: 'state', state: 'live' });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const { heard, rest } = parsed(waiting + value);
    waiting = rest;
    for (const one of heard) tell(one);
  }
}
