import type { Violation } from '../verdict.ts';
import type { Race } from './outcome.ts';
import { PLACES, type ReplyPosition } from './reply-position.ts';
import { WINDOW_MS } from './racers.ts';
import { CALL_MS_MAX } from './esp-proxy.ts';

export interface Result {
  seed: number;
  races: Race[];
  /** Failures beyond single leads. */
  deploymentFaults: string[];
  seconds: number;
}

export interface Figures {
  seed: number;
  leads: number;
  seconds: number;
  /** `mailsAfterStop`: taken by the ESP after the stop was in the log, by this machine's clock. */
  places: Record<ReplyPosition, { replies: number; skippedByName: number; mailsAfterStop: number }>;
  claimsAfterStop: number;
  lostReplies: number;
  doubleMails: number;
  otherViolations: number;
  /** Claims made when inbound had said 200 to the reply, and the stop was not yet in the log. */
  claimedAfterAnswer: number;
  /** The evidence by which inbound found the reply's lead. */
  matchedBy: Record<string, number>;
  stopMs: { p50: number; p99: number; max: number };
  /** One line each; empty: the races were fair. */
  violations: string[];
}

export function figures({ seed, races, deploymentFaults, seconds }: Result): Figures {
  const all = races.flatMap(({ violations }) => violations);
  const stops = races.flatMap(({ stopMs }) => stopMs ?? []).sort((a, b) => a - b);
  const at = (share: number): number =>
    stops[Math.min(stops.length - 1, Math.floor(stops.length * share))] ?? Number.NaN;
  const placed = (place: ReplyPosition) => {
    const here = races.filter(({ fall }) => fall?.place === place);
    return {
      replies: here.length,
      skippedByName: here.filter(({ fall }) => fall?.skipped).length,
      mailsAfterStop: here.reduce((sum, { lateMails }) => sum + lateMails, 0),
    };
  };
  return {
    seed,
    leads: races.length,
    seconds,
    places: {
      'before due': placed('before due'),
      'before claim': placed('before claim'),
      'in flight': placed('in flight'),
      'after outcome': placed('after outcome'),
    },
    claimsAfterStop: all.filter(({ rule }) => rule === 'after stop').length,
    lostReplies: races.filter(({ fall }) => fall === undefined).length,
    doubleMails: races.filter(({ violations }) => violations.some(isDouble)).length,
    otherViolations: all.filter((one) => one.rule !== 'after stop' && !isDouble(one)).length + deploymentFaults.length,
    claimedAfterAnswer: races.filter(({ claimedAfterAnswer }) => claimedAfterAnswer).length,
    matchedBy: tally(races.flatMap(({ fall }) => fall?.replied.data.matchedBy ?? [])),
    stopMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    violations: [
      ...deploymentFaults,
      ...races.flatMap(({ seen, violations }) =>
        violations.map(({ rule, says }) => `${seen.email} ${seen.leadId} ${rule}: ${says}`),
      ),
    ],
  };
}

const isDouble = ({ rule }: Violation): boolean => rule === 'double' || rule === 'unavoidable double';

const tally = (names: string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, same]) => [name, same.length]));

/** For a person: one row for each place where a reply may come to stand. */
export function table(it: Figures): string {
  const row = (...[first, ...rest]: (string | number)[]): string =>
    [String(first).padEnd(38), ...rest.map((cell) => String(cell).padStart(16))].join('');
  const names = Object.keys(PLACES) as ReplyPosition[];
  return [
    `seed ${it.seed}: ${it.leads} replies at random instants, ${WINDOW_MS.join(' to +')} ` +
      `ms around a due step, calls of 0 to ${CALL_MS_MAX} ms; ${it.seconds} s`,
    '',
    row('where the reply fell in the log', 'replies', 'skipped by name', 'mails after it'),
    ...names.map((name) =>
      row(PLACES[name], it.places[name].replies, it.places[name].skippedByName, it.places[name].mailsAfterStop),
    ),
    '',
    `claims after a stop ${it.claimsAfterStop}, lost replies ${it.lostReplies}, leads with ` +
      `a double mail ${it.doubleMails}, other violations ${it.otherViolations}`,
    `from handing a reply in to its stop in the log: p50 ${it.stopMs.p50} ` +
      `ms, p99 ${it.stopMs.p99} ms, at most ${it.stopMs.max} ms; ` +
      `claims made after inbound’s 200 and before the stop: ${it.claimedAfterAnswer}`,
    `found ${Object.entries(it.matchedBy)
      .map(([by, count]) => `by ${by} ${count}`)
      .join(', ')}`,
  ].join('\n');
}
