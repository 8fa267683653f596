import { catalogue, type Data, type EventType, type PlannedStep, type Recorded } from '@leadstream/contracts/events';

const when = (instant: string, zone = 'UTC'): string =>
  Temporal.Instant.from(instant)
    .toZonedDateTimeISO(zone)
    .toString({ smallestUnit: 'second', offset: 'never', timeZoneName: 'auto' })
    .replace('T', ' ');

const planned = (step: PlannedStep): string =>
  `"${step.id}" ${step.audience === 'staff' ? 'to the rep ' : ''}at ` +
  `${step.local ? step.local.slice(0, 19).replace('T', ' ') : when(step.at)}` +
  `${step.window ? ', in business hours' : ''}`;

/** One event as a readable line; never contains an address. */
export const describe = <K extends EventType>({ type, data }: Recorded<K>): string => TEXTS[type](data);

const failed = ({ stepId, class: sendClass, reason = '' }: Data<'lead.send-failed' | 'lead.send-unknown'>): string =>
  `"${stepId}" ${sendClass} ${reason}`;

/** `by ana: is on the phone with us` */
const operated = ({ by, reason }: { by: string; reason?: string | undefined }): string =>
  `by ${by}${reason ? `: ${reason}` : ''}`;

const requested = ({ route, ...said }: Data<'lead.restarted' | 'lead.moved'>): string =>
  `${route.sequence}, ${operated(said)}`;

const recovered = ({ witness, by, stop, sends = {}, place, phase }: Data<'lead.recovered'>): string =>
  [
    `by ${by ?? witness}`,
    ...(stop ? [stop.why] : []),
    ...(Object.keys(sends).length > 0 ? [`${Object.keys(sends).length} sends`] : []),
    ...(phase ? [`phase ${phase.kind}`] : []),
    ...(place ? [`version ${place.version} of the lost log`] : []),
  ].join(', ');

const TEXTS: { readonly [K in EventType]: (data: Data<K>) => string } = {
  'lead.triaged': ({ dossier, route, zone }) =>
    `source ${dossier.source} → ${route.sequence}; zone ${zone.id} (${zone.source})`,
  'lead.resubmitted': ({ dossier, reason, route, tellRep }) =>
    `source ${dossier.source}: ` +
    `${reason}${route ? ` → ${route.sequence}` : ''}${tellRep ? '; the rep is told what is new' : ''}`,
  'lead.enrolled': ({ sequence, version, planned: step }) => `${sequence} v${version}, ${planned(step)}`,
  'lead.step-planned': ({ why, planned: step }) => `${why}: ${planned(step)}`,
  'lead.step-due': ({ stepId, lagMs }) => `"${stepId}", ${lagMs} ms after its time`,
  'lead.send-started': ({ stepId, attempt }) => `"${stepId}" claimed, attempt ${attempt}`,
  'lead.sent': ({ stepId, provider, evidence }) => `"${stepId}" accepted by ${provider} (${evidence})`,
  'lead.send-deferred': ({ stepId, class: sendClass, reason = '', retryAt }) =>
    `"${stepId}" ${sendClass} ${reason}, again at ${when(retryAt)}`,
  'lead.send-failed': failed,
  'lead.send-unknown': failed,
  'lead.send-skipped': ({ stepId, guard, reason = '' }) => `"${stepId}" not sent: ${guard} ${reason}`,
  'lead.sequence-completed': ({ sequence, why, tag }) => `${sequence} ${why}${tag ? `: tag ${tag}` : ''}`,
  'lead.delivered': () => '',
  'lead.undelivered': ({ classification, reason }) => [classification, reason].filter(Boolean).join(': '),
  'lead.opened': () => '',
  'lead.clicked': ({ url = '' }) => url,
  'lead.bounced': ({ reason = 'hard bounce' }) => reason,
  'lead.complained': () => '',
  'lead.unsubscribed': ({ via, sequence, by, reason }) =>
    `via ${via}${sequence ? `, only ${sequence}` : ''}${by ? `, ${operated({ by, reason })}` : ''}`,
  'lead.suppressed': ({ why, list, by }) => `${why} by the list ${list}, by ${by}`,
  'lead.replied': ({ class: replyClass, matchedBy, authenticated, until }) =>
    `${replyClass}, matched by ${matchedBy}${authenticated === false ? ', unproven' : ''}` +
    `${until ? `, away until ${when(until)}` : ''}`,
  'lead.paused': operated,
  'lead.resumed': ({ althoughAway, ...said }) => `${althoughAway ? 'although away, ' : ''}${operated(said)}`,
  'lead.restarted': requested,
  'lead.moved': requested,
  'lead.migrated': ({ sequence, from, to, planned: step, ...said }) =>
    `${sequence} v${from} → v${to}, ${planned(step)}, ${operated(said)}`,
  'lead.tagged': ({ add, remove, by, rules = [] }) =>
    `${[...add.map((tag) => `+${tag}`), ...remove.map((tag) => `-${tag}`)].join(' ')}, ` +
    (by === undefined ? `by rule ${rules.join(', ')}` : `by ${by}`),
  'lead.enriched': ({ enricher, outcome, attempt, retryAt, why, facts = {} }) =>
    [
      `${enricher} ${outcome}${why ? `: ${why}` : ''}`,
      ...(attempt > 1 ? [`attempt ${attempt}`] : []),
      ...(Object.keys(facts).length > 0 ? [Object.keys(facts).join(' ')] : []),
      ...(outcome === 'unavailable' ? [retryAt ? `again at ${when(retryAt)}` : 'given up'] : []),
    ].join(', '),
  'lead.lapsed': ({ since, route }) => `no activity since ${when(since)} → ${route.sequence}`,
  'lead.assigned': ({ rep, by, rule, reason }) => `to ${rep}, ${by ? operated({ by, reason }) : rule}`,
  'lead.noted': ({ by, text }) => `by ${by}: ${text}`,
  'lead.recovered': recovered,
  'lead.erased': operated,
};

/** `20:43:32.120  scheduler  enrolled  content-nurture v1, …` */
export function line(event: Recorded, withDate = false): string {
  const at = event.at
    .slice(withDate ? 0 : 11, 23)
    .replace('T', ' ')
    .replace(/Z$/, '')
    .padEnd(withDate ? 23 : 12);
  return `${at}  ${event.source.padEnd(9)}  ${catalogue[event.type].token.padEnd(18)}  ${describe(event)}`.trimEnd();
}
