import { setTimeout as delay } from 'node:timers/promises';
import type { NothingCode, Recorded } from '@leadstream/contracts/events';
import { HoleInChain, KeyLost } from '@leadstream/eventlog/errors';
import type { EventLog } from '@leadstream/eventlog/log';
import { decideCommand, type Command } from '@leadstream/lead/command';
import type { LeadState } from '@leadstream/lead/state';
import { describeRefusal, giveCommand, refusedInWords, type Given } from './commands.ts';

/**
 * - `changed`: the command is a new event of the lead, or would be one.
 * - `before`: an earlier call of the same run made its event.
 * - `unchanged`: the lead is already as the command wants it.
 * - `refused`: the lead's state does not allow the command, or its log cannot be read.
 */
export const OUTCOMES = ['changed', 'before', 'unchanged', 'refused'] as const;

/** The outcome of a command for one lead; `event` is absent in a preview. */
export type LeadOutcome = { leadId: string } & (
  | { outcome: 'changed' | 'before'; event?: Pick<Recorded, 'id' | 'type' | 'version' | 'at'> }
  | { outcome: 'unchanged' | 'refused'; code: RefusalCode; detail?: string; reason: string }
);
type RefusalCode = NothingCode | 'key-reused' | 'unreadable';

export interface Pace {
  /** Commands under way at once. */
  atOnce?: number;
  /** Leads a second at most; without it, as fast as the log. */
  perSecond?: number;
  /** After an abort no other command begins, and the outcomes end with those under way. */
  signal?: AbortSignal;
}

const AT_ONCE = 16;

/**
 * Gives one command to each lead, and yields an outcome per lead in the order of `leadIds`, which may be a stream: at
 * most `atOnce` leads are in memory. `run` is chosen by the caller, one per command: each lead's event id is made of
 * the run and the lead, so a run that ended anywhere may be repeated and no lead gets the command twice. A concurrent
 * event of a lead is no refusal: the command is decided again after it. Throws Unavailable; the outcomes of the
 * commands then under way are unknown until the run is repeated.
 */
export const commandAll = (
  log: EventLog<LeadState>,
  leadIds: Iterable<string> | AsyncIterable<string>,
  command: Command,
  { run, ...pace }: Pace & { run: string },
): AsyncGenerator<LeadOutcome, void> =>
  inOrder(leadIds, pace, (leadId) =>
    readable(leadId, async () =>
      outcomeOf(leadId, command, await giveCommand(log, leadId, command, { key: `bulk/${run}` })),
    ),
  );

/** Decides the command for each lead on its newest state, as `commandAll` would, and appends nothing. */
export const previewAll = (
  log: EventLog<LeadState>,
  leadIds: Iterable<string> | AsyncIterable<string>,
  command: Command,
  pace: Pace = {},
): AsyncGenerator<LeadOutcome, void> =>
  inOrder(leadIds, pace, (leadId) =>
    readable(leadId, async () => {
      const after = await log.load(leadId, { leader: true });
      const decision = decideCommand(after.state, command);
      return 'nothing' in decision
        ? outcomeOf(leadId, command, { refused: 'decided', ...decision, after })
        : { leadId, outcome: 'changed' };
    }),
  );

/** The refusals that leave nothing to do, by command. */
const SATISFIED = {
  pause: ['paused-already'],
  resume: ['not-paused'],
  stop: ['stopped', 'known-already'],
  suppress: ['stopped', 'erased'],
  erase: ['erased'],
  restart: [],
  move: [],
  migrate: [],
  tag: ['unchanged'],
  assign: ['unchanged'],
  note: [],
  resolve: [],
} satisfies Record<Command['kind'], NothingCode[]> as Record<Command['kind'], readonly NothingCode[]>;

function outcomeOf(leadId: string, { kind }: Command, given: Given): LeadOutcome {
  if (!('refused' in given)) {
    const { id, type, version, at } = given.event;
    return { leadId, outcome: given.isNew ? 'changed' : 'before', event: { id, type, version, at } };
  }
  if (given.refused !== 'decided')
    return { leadId, outcome: 'refused', code: 'key-reused', reason: describeRefusal(given) };
  const { nothing: code, detail } = given;
  const outcome = SATISFIED[kind].includes(code) ? 'unchanged' : 'refused';
  return { leadId, outcome, code, ...(detail === undefined ? {} : { detail }), reason: refusedInWords(given) };
}

/** One lead whose log cannot be read does not hold up the others. */
async function readable(leadId: string, work: () => Promise<LeadOutcome>): Promise<LeadOutcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HoleInChain || error instanceof KeyLost)) throw error;
    return { leadId, outcome: 'refused', code: 'unreadable', reason: error.message };
  }
}

/** The results in the order of the items, with `atOnce` items under way; it ends after those when the signal aborts. */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { atOnce = AT_ONCE, perSecond = Infinity, signal }: Pace,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const turn = turns(perSecond, signal);
  const begun = async (item: Item) => {
    await turn();
    return signal?.aborted ? undefined : { result: await work(item) };
  };
  const underWay: ReturnType<typeof begun>[] = [];
  try {
    for await (const item of items) {
      const next = begun(item);
      // Handled where it is awaited, possibly after another one has failed.
      next.catch(() => undefined);
      underWay.push(next);
      if (underWay.length < atOnce) continue;
      const first = await underWay.shift();
      if (!first) return;
      yield first.result;
    }
    for (let next = underWay.shift(); next; next = underWay.shift()) {
      const first = await next;
      if (!first) return;
      yield first.result;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}

/** Resolves at most `perSecond` times a second, in the order of the calls; at once after an abort. */
function turns(perSecond: number, signal: AbortSignal | undefined): () => Promise<void> {
  let nextMs = 0;
  return async () => {
    const nowMs = performance.now();
    const atMs = Math.max(nextMs, nowMs);
    nextMs = atMs + 1_000 / perSecond;
    if (atMs > nowMs) await delay(atMs - nowMs, undefined, { signal }).catch(() => undefined);
  };
}
