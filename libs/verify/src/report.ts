import { RULES, type Finding, type Rule } from './finding.ts';
import type { Report } from './verify.ts';

/** The report for people: violations by rule, then unknown outcomes, then the scope. Names leads and sequences only. */
export function shown(report: Report): string {
  const { counts, findings, unknown } = report;
  return [
    ...Object.entries(counts).flatMap(([rule, count]) => [
      `${rule}: ${RULES[rule as Rule]} (${count})`,
      ...findings.filter((finding) => finding.rule === rule).map(line),
      '',
    ]),
    ...(unknown.length > 0
      ? [
          'unknown: an operator settles it with leadctl sends resolve',
          ...unknown.map(({ sendId, since, ...of }) => `  ${of.leadId}  ${at(of)}  ${sendId}, claimed ${since}`),
          '',
        ]
      : []),
    ...looked(report),
    verdict(report),
  ].join('\n');
}

const line = ({ says, ...of }: Finding): string => `  ${of.leadId ?? 'no lead'}  ${at(of)}  ${says}`;

const at = ({ seqs, places }: Pick<Finding, 'seqs' | 'places'>): string =>
  (places ?? [`LEADS ${seqs.join(', ')}`]).join(', ');

function looked({ leads, events, lastSeq, judgedAt, since, claims, readModel }: Report): string[] {
  const { total, nothing, ...kinds } = leads;
  const counts = [...Object.entries(kinds), ...(nothing > 0 ? [['without a beginning', nothing] as const] : [])];
  return [
    `${events} events up to LEADS ${[lastSeq].flat().join(', ')}, judged as of ${judgedAt}` +
      (since ? `; what happened since ${since}` : ''),
    `${total} leads: ${counts.map(([kind, count]) => `${count} ${kind === 'waits' ? 'under way' : kind}`).join(', ')}`,
    `${claims.total} claims: ${claims.accepted} accepted, ${claims.notSent} surely ` +
      `not sent, ${claims.unknown} unknown, ${claims.inFlight} in flight`,
    readModel
      ? `${readModel.documents} documents compared, ${readModel.behind} of them ` +
        `behind the log, ${readModel.ofOtherFold} of another fold`
      : 'the read model was not looked at',
  ];
}

function verdict({ proven, counts, findings, readModel }: Report): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (!proven)
    return (
      `REFUTED by ${total} ` +
      `${total === 1 ? 'finding' : 'findings'}` +
      `${total > findings.length ? `, of which the first ${findings.length} are named` : ''}`
    );
  const lost = counts['lost claim'] ?? 0;
  const others = [
    ...(total === lost ? [] : [`${total - lost} unavoidable`]),
    ...(lost === 0 ? [] : [`${lost} ${lost === 1 ? 'mail' : 'mails'} of lost claims`]),
    ...(readModel?.ofOtherFold
      ? [`${readModel.ofOtherFold} documents of another fold, which could not be compared`]
      : []),
  ];
  return others.length === 0 ? 'PROVEN' : `PROVEN, but for ${others.join(' and ')}`;
}
