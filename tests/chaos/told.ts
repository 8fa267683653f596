import type { EventType, Recorded } from '@leadstream/contracts/events';
import { commandId } from '@leadstream/eventlog/ids';
import type { Drawn, Order } from './orders.ts';

/** Written down here again: the event of each command. */
const MADE = {
  pause: 'lead.paused',
  resume: 'lead.resumed',
  stop: 'lead.unsubscribed',
  restart: 'lead.restarted',
  move: 'lead.moved',
  tag: 'lead.tagged',
  assign: 'lead.assigned',
  note: 'lead.noted',
} as const satisfies Record<Drawn['kind'], EventType>;

const authorOf = ({ data }: Recorded): string | undefined => ('by' in data ? data.by : undefined);

/** Differences between a lead's log and the answers that its operators got. */
export function toldFaults(events: readonly Recorded[], orders: readonly Order[]): string[] {
  const authors = new Map(orders.map((order) => [order.command.by, order]));
  return [
    ...orders.flatMap((order) => orderFaults(events, order)),
    ...events
      .filter((event) => {
        const order = authors.get(authorOf(event) ?? '');
        return order !== undefined && event.id !== commandId(order.leadId, order.key);
      })
      .map(({ seq, type }) => `${seq}, ${type}, is of an operator, and has another key than the order`),
  ];
}

function orderFaults(events: readonly Recorded[], { leadId, key, command, told, expectVersion }: Order): string[] {
  const id = commandId(leadId, key);
  const made = events.filter((event) => event.id === id);
  const [event] = made;
  const what = `${command.kind} ${key}`;
  const accepted = told.filter((each) => each.as === 'accepted');
  const isFinal = told.some(({ as }) => as !== 'unknown');
  return [
    ...(made.length > 1 ? [`${what} is ${made.length} events`] : []),
    ...(isFinal ? [] : [`${what} got no answer`]),
    ...accepted
      .filter(({ version }) => version !== event?.version)
      .map(({ version }) => `${what} was accepted as event ${version}, and is ${event?.version ?? 'not in the log'}`),
    ...(event && event.type !== MADE[command.kind] ? [`${what} became ${event.type}`] : []),
    ...(event && expectVersion !== undefined && event.version !== expectVersion + 1
      ? [`${what} was given for version ${expectVersion}, and is event ${event.version}`]
      : []),
    ...(event && isFinal && accepted.length === 0 ? [`${what} was refused, and is event ${event.version}`] : []),
    ...told.flatMap((each) =>
      each.as === 'refused' && event && each.version >= event.version
        ? [`${what} was refused at version ${each.version}, and is event ${event.version}`]
        : [],
    ),
  ];
}
