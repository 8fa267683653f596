import type { Recorded } from '@leadstream/contracts/events';
import { partitionOf } from '@leadstream/contracts/streams';
import { placeJson, seqFor } from '@leadstream/contracts/place';
import { outcomeOf, type Claim } from './claims.ts';
import { Crowd, type Limits } from './crowd.ts';
import { placesOf, type Finding, type Rule } from './finding.ts';
import { judge } from './judge.ts';
import { Forgotten, stillReadable } from './forgotten.ts';
import type { Entry, Unreadable } from './log.ts';
import type { ReadModel, ReadModelTotals } from './read-model.ts';
import type { Rest } from './rest.ts';
import { heldClaims, identityFaults, restoredPlaceOf, unexplained, type Identity } from './restored.ts';
import { Partitions } from './partitions.ts';
import type { ToldEvents } from './told.ts';

export interface Verification extends Limits {
  overdueMs: number;
  reenrolAfterMs?: number;
  /** Only for a live log: an export has no account. */
  sourcePausedMs?: (source: string) => number | undefined;
  /**
   * Findings are reported, and claims counted, if one of their events happened since; all earlier events still count as
   * evidence.
   */
  since?: Temporal.Instant;
  /** The earliest current time; absent: the time of the last event. */
  now?: Temporal.Instant;
  readModel?: ReadModel;
  /** Only for a live log: an export has none. */
  identity?: Identity;
  /** Only for a live log. */
  told?: ToldEvents;
  allowUnavoidable?: boolean;
  onProgress?: (events: number) => void;
  signal?: AbortSignal;
}

export interface Unknown {
  leadId: string;
  seqs: number[];
  places?: string[];
  sendId: string;
  since: string;
}

export interface Report {
  proven: boolean;
  judgedAt: string;
  since: string | null;
  leads: Record<Rest['kind'], number> & { total: number };
  events: number;
  /** Of a log of partitions one a partition. */
  lastSeq: number | number[];
  claims: { total: number; accepted: number; notSent: number; unknown: number; inFlight: number };
  readModel: ReadModelTotals | null;
  /** Number of findings by rule; `findings` and `unknown` name the first thousand. */
  counts: Partial<Record<Rule, number>>;
  findings: Finding[];
  unknown: Unknown[];
}

const LISTED_MAX = 1_000;
/** About the present state, whatever the time of its last event. */
const PRESENT: readonly Rule[] = ['stuck', 'erased', 'projection', 'restored'];

/**
 * Reads a log once, sorts it by lead, and judges every lead. Errors of the log's reader are thrown: then nothing is
 * proven.
 */
export async function verify(entries: AsyncIterable<Entry>, options: Verification): Promise<Report> {
  await using partitions = new Partitions();
  const { partitions: count = 1 } = options;
  const report = empty(options);
  const forgotten = new Forgotten(count);
  const end = Array.from({ length: count }, () => 0);
  const found = (finding: Finding): void => note(report, finding, count);
  const crowd = new Crowd(options);
  let now = options.now;
  for await (const entry of entries) {
    if ('unreadable' in entry && entry.missing) {
      forgotten.miss(entry.missing);
      continue;
    }
    if ('unreadable' in entry) {
      found(unread(entry, count));
      continue;
    }
    forgotten.add(entry);
    now = latest(now, Temporal.Instant.from(entry.at));
    report.events++;
    const index = partitionOf(entry.leadId, count);
    end[index] = Math.max(end[index] ?? 0, entry.seq);
    await partitions.put(entry);
    options.onProgress?.(report.events);
  }
  for (const gap of forgotten.unexplained()) found(unread(gap, count));
  report.lastSeq = placeJson(end);
  report.judgedAt = (now ?? Temporal.Instant.fromEpochMilliseconds(0)).toString();
  for await (const partition of partitions.all()) {
    options.signal?.throwIfAborted();
    for (const events of partition.leads.values()) crowd.add(events, judgeLead(report, events, options));
    for await (const finding of options.readModel?.faults(partition) ?? []) found(finding);
  }
  for (const { finding, atMs } of crowd.findings())
    if (!options.since || atMs >= options.since.epochMilliseconds) found(finding);
  for (const finding of options.told?.rest() ?? []) found(finding);
  for (const finding of options.identity ? identityFaults(options.identity) : []) found(finding);
  report.readModel = options.readModel?.totals ?? null;
  report.proven = Object.keys(report.counts).every(
    (rule) => rule === 'lost claim' || (rule === 'unavoidable double' && options.allowUnavoidable),
  );
  return report;
}

function judgeLead(
  report: Report,
  events: readonly Recorded[],
  { overdueMs, since, reenrolAfterMs, sourcePausedMs, identity, told, partitions = 1 }: Verification,
): readonly Claim[] {
  const leadId = events[0]?.leadId ?? '';
  const restoredPlace = identity && restoredPlaceOf(identity);
  const { findings, claims, rest } = judge(events, {
    now: Temporal.Instant.from(report.judgedAt),
    overdueMs,
    restoredSeq: restoredPlace && seqFor(restoredPlace, leadId),
    ...(reenrolAfterMs === undefined ? {} : { reenrolAfterMs }),
    ...(sourcePausedMs ? { sourcePausedMs } : {}),
  });
  const recent = (seqs: readonly number[]): boolean =>
    !since || events.some(({ seq, at }) => seqs.includes(seq) && Temporal.Instant.compare(at, since) >= 0);
  report.leads.total++;
  report.leads[rest.kind]++;
  const restored = identity ? [...heldClaims(leadId, claims, identity), ...unexplained(events, identity)] : [];
  const untold = told?.faults(events, Date.parse(report.judgedAt)) ?? [];
  for (const finding of [...findings, ...stillReadable(events), ...restored, ...untold])
    if (PRESENT.includes(finding.rule) || recent(finding.seqs)) note(report, finding, partitions);
  for (const claim of claims)
    if (recent([claim.seq, ...claim.said.map(({ seq }) => seq)])) count(report, claim, leadId, partitions);
  return claims;
}

function count({ claims, unknown }: Report, claim: Claim, leadId: string, partitions: number): void {
  claims.total++;
  switch (outcomeOf(claim)) {
    case 'accepted':
      claims.accepted++;
      break;
    case 'not sent':
      claims.notSent++;
      break;
    case 'open':
      claims.inFlight++;
      break;
    case 'unknown':
      claims.unknown++;
      if (unknown.length < LISTED_MAX) {
        const seqs = [claim.seq, ...claim.said.map(({ seq }) => seq)];
        unknown.push({
          leadId,
          seqs,
          ...placesOf({ leadId, seqs }, partitions),
          sendId: claim.sendId,
          since: claim.at,
        });
      }
  }
}

const unread = ({ unreadable: says, ...of }: Unreadable, partitions: number): Finding => ({
  rule: 'chain',
  leadId: of.leadId,
  seqs: of.seqs,
  ...placesOf(of, partitions),
  says,
});

function note({ counts, findings }: Report, finding: Finding, partitions: number): void {
  counts[finding.rule] = (counts[finding.rule] ?? 0) + 1;
  if (findings.length < LISTED_MAX) findings.push({ ...placesOf(finding, partitions), ...finding });
}

const latest = (a: Temporal.Instant | undefined, b: Temporal.Instant): Temporal.Instant =>
  a && Temporal.Instant.compare(a, b) >= 0 ? a : b;

const empty = ({ since }: Verification): Report => ({
  proven: false,
  judgedAt: '',
  since: since?.toString() ?? null,
  leads: { total: 0, completed: 0, stopped: 0, paused: 0, parked: 0, waits: 0, nothing: 0 },
  events: 0,
  lastSeq: 0,
  claims: { total: 0, accepted: 0, notSent: 0, unknown: 0, inFlight: 0 },
  readModel: null,
  counts: {},
  findings: [],
  unknown: [],
});
