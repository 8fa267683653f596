import { catalogue, type PlannedStep, type Recorded } from '@leadstream/contracts/events';

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
export function describe(event: Recorded): string {
  switch (event.type) {
    case 'lead.triaged':
      return (
        `source ${event.data.dossier.source} → ${event.data.route.sequence}; ` +
        `zone ${event.data.zone.id} (${event.data.zone.source})`
      );
    case 'lead.resubmitted':
      return (
        `source ${event.data.dossier.source}: ` +
        `${event.data.reason}` +
        `${event.data.route ? ` → ${event.data.route.sequence}` : ''}`
      );
    case 'lead.enrolled':
      return `${event.data.sequence} v${event.data.version}, ${planned(event.data.planned)}`;
    case 'lead.step-planned':
      return `${event.data.why}: ${planned(event.data.planned)}`;
    case 'lead.step-due':
      return `"${event.data.stepId}", ${event.data.lagMs} ms after its time`;
    case 'lead.send-started':
      return `"${event.data.stepId}" claimed, attempt ${event.data.attempt}`;
    case 'lead.sent':
      return `"${event.data.stepId}" accepted by ${event.data.provider} (${event.data.evidence})`;
    case 'lead.send-deferred':
      return (
        `"${event.data.stepId}" ${event.data.class} ` +
        `${event.data.reason ?? ''}, again at ` +
        `${when(event.data.retryAt)}`
      );
    case 'lead.send-failed':
    case 'lead.send-unknown':
      return `"${event.data.stepId}" ${event.data.class} ${event.data.reason ?? ''}`;
    case 'lead.send-skipped':
      return `"${event.data.stepId}" not sent: ${event.data.guard} ${event.data.reason ?? ''}`;
    case 'lead.sequence-completed':
      return `${event.data.sequence} ${event.data.why}`;
    case 'lead.bounced':
      return event.data.reason ?? 'hard bounce';
    case 'lead.undelivered':
      return [event.data.classification, event.data.reason].filter(Boolean).join(': ');
    case 'lead.clicked':
      return event.data.url ?? '';
    case 'lead.unsubscribed':
      return `via ${event.data.via}${event.data.sequence ? `, only ${event.data.sequence}` : ''}`;
    case 'lead.replied':
      return (
        `${event.data.class}, matched by ` +
        `${event.data.matchedBy}${event.data.authenticated === false ? ', unproven' : ''}` +
        `${event.data.until ? `, away until ${when(event.data.until)}` : ''}`
      );
    case 'lead.recovered':
      return recovered(event.data);
    case 'lead.tagged':
      return [...event.data.add.map((tag) => `+${tag}`), ...event.data.remove.map((tag) => `-${tag}`)].join(' ');
    case 'lead.restarted':
    case 'lead.moved':
      return `${event.data.route.sequence}, by ${event.data.by} ${event.data.reason ?? ''}`;
    case 'lead.paused':
    case 'lead.resumed':
    case 'lead.erased':
      return `by ${event.data.by} ${event.data.reason ?? ''}`;
    case 'lead.delivered':
    case 'lead.opened':
    case 'lead.complained':
      return '';
    default:
      return event satisfies never;
  }
}

const recovered = ({ witness, by, stop, sends = {}, place, phase }: Recorded<'lead.recovered'>['data']): string =>
  [
    `by ${by ?? witness}`,
    ...(stop ? [stop.why] : []),
    ...(Object.keys(sends).length > 0 ? [`${Object.keys(sends).length} sends`] : []),
    ...(phase ? [`phase ${phase.kind}`] : []),
    ...(place ? [`version ${place.version} of the lost log`] : []),
  ].join(', ');

/** `20:43:32.120  scheduler  enrolled  content-nurture v1, …` */
export function line(event: Recorded, withDate = false): string {
  const at = event.at
    .slice(withDate ? 0 : 11, 23)
    .replace('T', ' ')
    .replace(/Z$/, '')
    .padEnd(withDate ? 23 : 12);
  return `${at}  ${event.source.padEnd(9)}  ${catalogue[event.type].token.padEnd(18)}  ${describe(event)}`.trimEnd();
}
