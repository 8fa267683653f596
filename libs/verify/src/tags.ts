import type { Recorded } from '@leadstream/contracts/events';
import type { Finding } from './finding.ts';

/** Tags that a rule gave again after an operator had removed them. */
export function tagFaults(events: readonly Recorded[]): Finding[] {
  let removed: ReadonlySet<string> = new Set();
  return events.flatMap(({ type, data, leadId, seq }): Finding[] => {
    if (type === 'lead.recovered') removed = new Set([...(data.untagged ?? []), ...removed]);
    if (type === 'lead.erased') removed = new Set();
    if (type !== 'lead.tagged') return [];
    const again = data.rules ? data.add.filter((tag) => removed.has(tag)) : [];
    if (!data.rules) removed = new Set([...removed, ...data.remove].filter((tag) => !data.add.includes(tag)));
    const says = `event ${seq} gives by rule the tag ${again.join(', ')}, which an operator removed`;
    return again.length > 0 ? [{ rule: 'tag', leadId, seqs: [seq], says }] : [];
  });
}
