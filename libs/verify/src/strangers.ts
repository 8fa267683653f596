import type { Recorded } from '@leadstream/contracts/events';
import { asksForRun, isAnswer } from './chain.ts';
import { outcomeOf, type Claim } from './claims.ts';
import type { Finding } from './finding.ts';

const DAY_MS = 86_400_000;
export const MAILS_A_DAY_MAX = 3;
/** The rep is notified of each kind of submission that mail does not answer at most once a day. */
const TELLS_MS = DAY_MS;
/** The rep is told what strangers' submissions add at most so often a day. */
const NEWS_A_DAY_MAX = 5;

type Asked = Recorded<'lead.resubmitted'> & { data: { route: object } };

/** A caller recorded as not trusted; a log from before callers were recorded has none. */
const isStrangers = (event: Recorded): boolean =>
  (event.type === 'lead.triaged' || event.type === 'lead.resubmitted') && event.data.trusted === false;
/** The runs that strangers asked for. */
export const strangersRuns = (events: readonly Recorded[]): ReadonlySet<string> =>
  new Set(events.filter(isStrangers).map(({ id }) => id));
const isRerun = (event: Recorded): event is Asked =>
  event.type === 'lead.resubmitted' && isStrangers(event) && event.data.route !== null;

/** Runs and mails beyond the limits for strangers' submissions. */
export function strangersFaults(
  events: readonly Recorded[],
  claims: readonly Claim[],
  reenrolAfterMs: number,
): Finding[] {
  return [...reruns(events, reenrolAfterMs), ...crowdedDays(events, claims), ...crowdedNews(events)];
}

/** Notices of strangers' submissions, each after five others within a day. */
function crowdedNews(events: readonly Recorded[]): Finding[] {
  const told = events.filter((event) => event.type === 'lead.resubmitted' && isStrangers(event) && isAnswer(event));
  return told.flatMap(({ leadId, seq, at }, index): Finding[] => {
    const day = told.slice(0, index).filter((other) => Date.parse(at) - Date.parse(other.at) < DAY_MS);
    const says = `event ${seq} is notice ${day.length + 1} of a day of what strangers submitted`;
    const seqs = [...day.map((other) => other.seq), seq];
    return day.length < NEWS_A_DAY_MAX ? [] : [{ rule: 'stranger', leadId, seqs, says }];
  });
}

/** Runs of one sequence, the later one too soon after the beginning or end of the other. */
function reruns(events: readonly Recorded[], reenrolAfterMs: number): Finding[] {
  return events.filter(isRerun).flatMap(({ leadId, seq, at, data: { route, tags } }): Finding[] => {
    const isTelling = !tags.includes(route.tag);
    const limitMs = isTelling ? Math.min(TELLS_MS, reenrolAfterMs) : reenrolAfterMs;
    const before = events.find(
      (event) =>
        event.seq < seq &&
        Date.parse(at) - Date.parse(event.at) < limitMs &&
        (isTelling ? tellsOf(event, route.sequence, tags) : isRunOf(event, route.sequence)),
    );
    const says = `event ${seq} starts ${route.sequence} for a stranger, too soon after ${before?.seq}`;
    return before ? [{ rule: 'stranger', leadId, seqs: [before.seq, seq], says }] : [];
  });
}

/** Begins or ends a run of the sequence. */
const isRunOf = (event: Recorded, sequence: string): boolean =>
  event.type === 'lead.sequence-completed'
    ? event.data.sequence === sequence
    : asksForRun(event) && 'route' in event.data && event.data.route?.sequence === sequence;

const tellsOf = (event: Recorded, sequence: string, tags: readonly string[]): boolean =>
  isRunOf(event, sequence) && 'tags' in event.data && event.data.tags?.some((tag) => tags.includes(tag)) === true;

/** Mails of runs requested by strangers, each after three others to the lead within a day. */
function crowdedDays(events: readonly Recorded[], claims: readonly Claim[]): Finding[] {
  const strangers = strangersRuns(events);
  const mails = claims.filter(({ audience }) => audience === 'lead');
  const theirs = mails.filter(({ runId, attempt }) => strangers.has(runId) && attempt === 1);
  return theirs.flatMap(({ runId, step, seq, at }): Finding[] => {
    const isOther = (other: Claim): boolean => other.runId !== runId || other.step !== step;
    const isOfDay = (other: Claim): boolean => other.seq < seq && Date.parse(at) - Date.parse(other.at) < DAY_MS;
    const day = mails.filter((other) => isOther(other) && isOfDay(other) && outcomeOf(other, seq) !== 'not sent');
    const others = new Map(day.map((other) => [`${other.runId}/${other.step}`, other.seq]));
    const leadId = events[0]?.leadId ?? '';
    const says = `claim ${seq} is mail ${others.size + 1} of a day, of a run that a stranger asked for`;
    return others.size < MAILS_A_DAY_MAX ? [] : [{ rule: 'stranger', leadId, seqs: [...others.values(), seq], says }];
  });
}
