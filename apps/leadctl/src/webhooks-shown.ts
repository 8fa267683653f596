import { PublicReader } from '@leadstream/eventlog/public-reader';
import type { Broker } from '@leadstream/eventlog/broker';
import type { Endpoint, Endpoints } from '@leadstream/service/webhooks/endpoints';

const DEAD_SHOWN_MAX = 20;

/** An endpoint and what waits at it. */
export interface EndpointShown {
  name: string;
  url: string;
  types: readonly string[];
  paused: Endpoint['paused'] | null;
  /** Leads whose events wait because an earlier one failed. */
  heldLeads: number;
  /** Events of PUBLIC that the service has not looked at yet; of all types. */
  unread: number;
  /** Since when no post has succeeded, and the last failure. */
  failing: { since: string; problem: string } | null;
  deliveredAt: string | null;
  deadLetters: { id: string; type: string; attempts: number; at: string; why: string; again: boolean }[];
}

export async function summaryOf(endpoints: Endpoints, broker: Broker): Promise<EndpointShown[]> {
  const all = await endpoints.list();
  if (all.length === 0) return [];
  const lastSeq = await new PublicReader(broker).lastSeq();
  return Promise.all(all.map((endpoint) => shownOf(endpoints, endpoint, lastSeq)));
}

async function shownOf(endpoints: Endpoints, endpoint: Endpoint, lastSeq: number): Promise<EndpointShown> {
  const [state, letters] = await Promise.all([endpoints.state(endpoint), endpoints.deadLetters(endpoint)]);
  const { name, url, types, paused, after } = endpoint;
  return {
    name,
    url,
    types,
    paused: paused ?? null,
    heldLeads: Object.keys(state?.held ?? {}).length,
    unread: Math.max(0, lastSeq - (state?.cursor ?? after)),
    failing: state?.failingSince ? { since: state.failingSince, problem: state.problem ?? '' } : null,
    deliveredAt: state?.deliveredAt ?? null,
    deadLetters: letters.map(({ id, type, attempts, at, why, again }) => ({
      id,
      type,
      attempts,
      at,
      why,
      again: again !== undefined,
    })),
  };
}

export const unreadableEndpoint = (name: string): string =>
  `${name}  its entry cannot be read, so nothing is posted; it keeps its place. A newer build may have written it: ` +
  'upgrade this one, or leadctl webhooks remove';

export function shownEndpoint({ name, url, paused, heldLeads, unread, failing, deadLetters }: EndpointShown): string {
  const state = paused
    ? `paused by ${paused.by} at ${paused.at}: ${paused.why}`
    : failing
      ? `fails since ${failing.since}: ${failing.problem}`
      : 'delivers';
  const waiting = heldLeads + unread > 0 ? `; ${heldLeads} leads held, ${unread} events unread` : '';
  const letters = deadLetters
    .slice(0, DEAD_SHOWN_MAX)
    .map(
      ({ id, type, attempts, at, why, again }) =>
        `  dead letter ${id}  ${type}  ${attempts} attempts, last at ${at}: ${why}${again ? '; is tried again' : ''}`,
    );
  const more = deadLetters.length > DEAD_SHOWN_MAX ? [`  and ${deadLetters.length - DEAD_SHOWN_MAX} more`] : [];
  return [`${name}  ${url}  ${state}${waiting}`, ...letters, ...more].join('\n');
}
