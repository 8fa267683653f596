import type { Page } from '../../../src/list-schemas.ts';
import type { CommandedMany } from '../../../src/schemas.ts';
import { ask, post } from '../api.ts';

/** At most so many a request of the API. */
export const BATCH = 200;

export interface Progress {
  done: number;
  /** undefined: the list is still read. */
  of: number | undefined;
  changed: number;
  /** Leads that have it already, or were given it before. */
  unchanged: number;
  /** By reason. */
  refused: ReadonlyMap<string, number>;
}

export const nothingYet: Progress = { done: 0, of: undefined, changed: 0, unchanged: 0, refused: new Map() };

/** The figures after another answer. */
export function after(before: Progress, { results }: Pick<CommandedMany, 'results'>): Progress {
  const refused = new Map(before.refused);
  let { changed, unchanged } = before;
  for (const { outcome, says, reason } of results) {
    if (outcome === 'changed') changed += 1;
    else if (outcome === 'refused') {
      const why = says ?? reason ?? 'refused';
      refused.set(why, (refused.get(why) ?? 0) + 1);
    } else unchanged += 1;
  }
  return { ...before, done: before.done + results.length, changed, unchanged, refused };
}

/** The ids of all leads of a list, page by page. */
export async function* idsOf(query: URLSearchParams, signal: AbortSignal): AsyncGenerator<string[]> {
  for (let next: string | null = ''; next !== null;) {
    const asked = new URLSearchParams(query);
    asked.set('limit', String(BATCH));
    if (next) asked.set('after', next);
    const page: Page = await ask<Page>(`/v1/leads?${asked.toString()}`, { signal });
    yield page.leads.map(({ id }) => id);
    next = page.next;
  }
}

export async function* batches(ids: readonly string[]): AsyncGenerator<string[]> {
  for (let at = 0; at < ids.length; at += BATCH) yield await Promise.resolve(ids.slice(at, at + BATCH));
}

interface Giving {
  batches: AsyncIterable<string[]>;
  /** Without ids. */
  body: object;
  /** New for each command to many; a batch that is sent again has the same one. */
  run: string;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** Gives one command to many leads, 200 at a time; ends between two batches when it is aborted. */
export async function giveAll(from: Progress, { batches: all, body, run, signal, onProgress }: Giving): Promise<void> {
  let progress = from;
  let count = 0;
  for await (const ids of all) {
    if (signal.aborted) return;
    if (ids.length === 0) continue;
    const answer = await post<CommandedMany>('/v1/leads/commands', { ...body, ids }, { key: `${run}-${count++}` });
    progress = after(progress, answer);
    onProgress(progress);
  }
}
