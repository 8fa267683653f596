import type { Recorded } from '@leadstream/contracts/events';
import { RULES } from '@leadstream/verify/finding';
import type { Tally } from './kills.ts';
import type { Order } from './orders.ts';
import { judge, unknowns, type Seen } from './verdict.ts';

export interface Result {
  seed: number;
  /** The options by which the run is repeated, beside its seed. */
  setting: string;
  seen: Seen[];
  submissions: number;
  kills: Tally;
  faults: Tally;
  mails: number;
  /** Failures beyond single leads: work without an end, quarantine, stray mails. */
  deploymentFaults: string[];
  seconds: number;
}

export interface ChaosReport {
  ok: boolean;
  /** One paragraph: what was done and what became of it. */
  summary: string;
  /** The claims with an unknown outcome, one a line. */
  unknown: string;
  /** Each violation with the events of its lead; empty when there are none. */
  violations: string;
}

export function report(result: Result): ChaosReport {
  const cases = result.seen.map((seen) => ({ seen, violations: judge(seen) }));
  const guilty = cases.filter(({ violations }) => violations.length > 0);
  const count = (rule: string): number =>
    cases.flatMap(({ violations }) => violations).filter((violation) => violation.rule === rule).length;
  const others = Object.keys(RULES)
    .filter((rule) => rule !== 'double' && rule !== 'after stop')
    .map((rule) => `${count(rule)} ${rule}`)
    .join(', ');
  const unknown = result.seen.flatMap(({ email, events }) =>
    unknowns(events).map(({ sendId, step, audience }) => `unknown: ${email}, step ${step} to ${audience}, ${sendId}`),
  );
  return {
    ok: guilty.length === 0 && result.deploymentFaults.length === 0,
    summary:
      `seed ${result.seed} ${result.setting}: ` +
      `${result.seen.length} leads in ${result.submissions} submissions; ` +
      `killed or frozen ${tally(result.kills)}; ESP faults ${tally(result.faults)}; ` +
      commanded(result.seen.flatMap(({ orders = [] }) => orders)) +
      `${result.mails} mails, ${count('double')} double, ${count('after stop')} after a stop, ` +
      `${count('lost')} lost, ${count('told')} against what an operator was told, ${unknown.length} unknown (shown ` +
      `to an operator); ${settled(result.seen)}; ` +
      `other violations: ${others}, ${result.deploymentFaults.length} of the deployment; ${result.seconds} s`,
    unknown: unknown.join('\n'),
    violations: [
      ...result.deploymentFaults,
      ...guilty.map(({ seen, violations }) =>
        [
          `${seen.email} ${seen.leadId}`,
          ...violations.map(({ rule, says }) => `  ${rule}: ${says}`),
          ...seen.events.map((event) => `    ${line(event)}`),
        ].join('\n'),
      ),
    ].join('\n'),
  };
}

/** The sends that were unknown and are not any more, by the evidence. */
function settled(seen: readonly Seen[]): string {
  const [found, reported] = [0, 0].map((_, index) =>
    seen.reduce((count, { events }) => {
      const unknown = new Set(events.flatMap(({ type, data }) => (type === 'lead.send-unknown' ? [data.sendId] : [])));
      const by = (event: Recorded): boolean =>
        event.type === 'lead.sent' &&
        unknown.has(event.data.sendId) &&
        event.data.evidence === 'provider-event' &&
        (event.data.foundAt !== undefined) === (index === 0);
      return count + events.filter(by).length;
    }, 0),
  );
  return `unknown sends settled by a search ${found}, by an event ${reported}`;
}

/** The number of commands, by what became of them. */
function commanded(orders: readonly Order[]): string {
  if (orders.length === 0) return '';
  const count = (as: Order['told'][number]['as']) =>
    orders.filter(({ told }) => told.some((one) => one.as === as)).length;
  return (
    `${orders.length} commands (${count('accepted')} accepted, ${count('refused')} refused, ` +
    `${count('unknown')} without an answer at first); `
  );
}

const tally = (counts: Tally): string => {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return `${total} (${Object.entries(counts)
    .sort()
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')})`;
};

const line = ({ seq, version, type, at, source, data }: Recorded): string => {
  const about = ['sendId', 'step', 'attempt', 'class', 'guard', 'why', 'runId'].flatMap((name) =>
    name in data ? [`${name}=${String(data[name as keyof typeof data])}`] : [],
  );
  return `${seq} v${version} ${at} ${source} ${type} ${about.join(' ')}`;
};
