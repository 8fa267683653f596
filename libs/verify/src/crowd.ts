import type { Recorded } from '@leadstream/contracts/events';
import { outcomeOf, type Claim } from './claims.ts';
import { placesOf, type Finding } from './finding.ts';
import { strangersRuns, MAILS_A_DAY_MAX } from './strangers.ts';

const DAY_MS = 86_400_000;
/** Clocks differ, and a sender hears of a pause through the broker. */
export const PAUSE_REACHES_MS = 60_000;

/** The present pause of the account, in epoch milliseconds. */
export interface AccountPaused {
  atMs: number;
  /** Infinity: without an end. */
  untilMs: number;
  /** Of a pause that a service made: one mail tries the account so often. Absent: nothing is sent. */
  tryEveryMs?: number;
}

export interface Limits {
  accountPaused?: AccountPaused | undefined;
  /** LEADS_PER_MAILBOX of triage; 0 or absent: no limit. */
  leadsPerMailbox?: number;
  /** Of the log; absent: 1. */
  partitions?: number;
}

interface Entry {
  leadId: string;
  seq: number;
  atMs: number;
}

/** Limits of several leads together: mails and new leads of one mailbox, and mails of a paused account. */
export class Crowd {
  readonly #limits: Limits;
  readonly #mails = new Map<string, Entry[]>();
  readonly #leads = new Map<string, Entry[]>();
  readonly #whilePaused: Entry[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  add(events: readonly Recorded[], claims: readonly Claim[]): void {
    const leadId = events[0]?.leadId ?? '';
    const entry = ({ seq, at }: { seq: number; at: string }): Entry => ({ leadId, seq, atMs: Date.parse(at) });
    const called = claims.filter((claim) => !claim.recovered && outcomeOf(claim) !== 'not sent');
    const { atMs = Infinity, untilMs = Infinity } = this.#limits.accountPaused ?? {};
    for (const mail of called.map(entry))
      if (mail.atMs > atMs + PAUSE_REACHES_MS && mail.atMs < untilMs) this.#whilePaused.push(mail);
    const [mailbox] = events.flatMap(({ data }) => ('mailbox' in data && data.mailbox ? [data.mailbox] : []));
    if (mailbox === undefined) return;
    const runs = strangersRuns(events);
    const steps = new Map(
      called
        .filter(({ audience, runId }) => audience === 'lead' && runs.has(runId))
        .toReversed()
        .map((claim) => [`${claim.runId}/${claim.step}`, entry(claim)] as const),
    );
    put(this.#mails, mailbox, ...steps.values());
    for (const event of events)
      if (event.type === 'lead.triaged' && event.data.trusted === false) put(this.#leads, mailbox, entry(event));
  }

  /** Each with the time of its last event. */
  *findings(): Generator<{ finding: Finding; atMs: number }> {
    const { leadsPerMailbox = 0, partitions = 1 } = this.#limits;
    for (const mails of this.#mails.values())
      yield* crowded(
        mails,
        { max: MAILS_A_DAY_MAX, partitions },
        (count, seq) => `claim ${seq} is mail ${count} of a day to one mailbox`,
      );
    if (leadsPerMailbox > 0)
      for (const leads of this.#leads.values())
        yield* crowded(
          leads,
          { max: leadsPerMailbox, partitions },
          (count, seq) => `event ${seq} is new lead ${count} of a day of a mailbox`,
        );
    yield* this.#underPause();
  }

  *#underPause(): Generator<{ finding: Finding; atMs: number }> {
    const { accountPaused } = this.#limits;
    if (!accountPaused) return;
    const { atMs: sinceMs, tryEveryMs = Infinity } = accountPaused;
    const since = new Date(sinceMs).toISOString();
    for (const [index, { leadId, seq, atMs }] of this.#whilePaused.toSorted((a, b) => a.atMs - b.atMs).entries()) {
      // The first try comes an interval after the pause, and each mail within an interval of its try.
      if (index + 1 <= (atMs + PAUSE_REACHES_MS - sinceMs) / tryEveryMs) continue;
      const says = `claim ${seq} is mail ${index + 1} of an account that is paused since ${since}`;
      yield { finding: { rule: 'paused', leadId, seqs: [seq], says }, atMs };
    }
  }
}

function put(all: Map<string, Entry[]>, key: string, ...entries: Entry[]): void {
  const known = all.get(key);
  if (known) known.push(...entries);
  else if (entries.length > 0) all.set(key, entries);
}

/** Entries that come after `max` others within a day. */
function* crowded(
  entries: readonly Entry[],
  { max, partitions }: { max: number; partitions: number },
  inWords: (count: number, seq: number) => string,
): Generator<{ finding: Finding; atMs: number }> {
  const sorted = entries.toSorted((a, b) => a.atMs - b.atMs);
  let from = 0;
  for (const [index, { leadId, seq, atMs }] of sorted.entries()) {
    while (atMs - (sorted[from]?.atMs ?? atMs) >= DAY_MS) from++;
    if (index - from < max) continue;
    const day = sorted.slice(from, index + 1);
    const seqs = day.map((one) => one.seq);
    // The leads of a mailbox are in several streams.
    const places = day.flatMap((one) => placesOf({ leadId: one.leadId, seqs: [one.seq] }, partitions).places ?? []);
    const says = inWords(index - from + 1, seq);
    yield { finding: { rule: 'stranger', leadId, seqs, ...(partitions > 1 && { places }), says }, atMs };
  }
}
