import type { Command } from 'commander';
import { readLeads } from '@leadstream/verify/log';
import { ending } from './help.ts';
import { Results, type Result } from './results.ts';
import { note, print, withBroker } from './session.ts';

export function resultsCommand(sequences: Command): void {
  sequences
    .command('results <id>')
    .description(
      'what became of the mails of a sequence, by version, step and variant: sent, delivered, clicked, answered by a ' +
        'person, unsubscribed. Counted from the whole log, not from the read model; an answer or an unsubscribe that ' +
        'names no mail counts for the latest one to its lead',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl sequences results content-nurture'))
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { rows, unreadable } = await withBroker(async (broker) => {
        const results = new Results(id);
        let unreadable = 0;
        for await (const entry of readLeads(broker)) {
          if ('unreadable' in entry) unreadable++;
          else results.add(entry);
        }
        return { rows: results.rows, unreadable };
      });
      if (unreadable > 0) note(`leadctl: ${unreadable} parts of the log cannot be read, and are not counted`);
      if (json) print(rows);
      else print(rows.length === 0 ? `no mail of ${id} is in the log` : tableOf(rows));
    });
}

const COLUMNS = ['delivered', 'clicked', 'replied', 'unsubscribed'] as const;

function tableOf(rows: readonly Result[]): string {
  const cells = [
    ['version', 'step', 'variant', 'sent', ...COLUMNS],
    ...rows.map(({ version, step, variant, sent, ...counts }) => [
      `v${version}`,
      step,
      variant,
      String(sent),
      ...COLUMNS.map((column) => `${counts[column]}${shareOf(counts[column], sent)}`),
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const shareOf = (part: number, sent: number): string => (sent === 0 ? '' : ` (${((100 * part) / sent).toFixed(1)} %)`);
