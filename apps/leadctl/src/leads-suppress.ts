import { writeFile } from 'node:fs/promises';
import type { Broker } from '@leadstream/eventlog/broker';
import { leadId } from '@leadstream/lead/identity';
import { commandAll, previewAll } from '@leadstream/service/bulk';
import { Progress } from './bulk-progress.ts';
import { Tally } from './bulk-report.ts';
import { listedIn, refusedFile, type Listed, type Table } from '@leadstream/service/import/rows';
import { mustFitLog } from './lead-id-secret.ts';
import { leadIdSecretOf, leadLog, note, print, withBroker } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

export const SUPPRESSIONS = ['unsubscribed', 'bounced'] as const;

interface Options {
  suppress: (typeof SUPPRESSIONS)[number];
  by: string;
  /** The name of the list in the events. */
  list: string;
  map: string[];
  errors: string;
  perSecond: number;
  dryRun: boolean;
  json: boolean;
}

/** Appends `lead.suppressed` to each address of the file, also to those that are of no lead yet. */
export async function suppressAll(table: Table, options: Options): Promise<void> {
  const { suppress, by, list, errors, perSecond, dryRun } = options;
  const rows = listedIn(table, options.map);
  const refused = rows.filter(({ problems }) => problems.length > 0);
  const secret = leadIdSecretOf();
  // Of addresses alone: each is stopped once, however many rows name it.
  const ids = [...new Set(rows.flatMap(({ addresses }) => addresses.map((address) => leadId(secret, address))))];
  const counts = { rows: rows.length, addresses: ids.length, refused: refused.length };
  const command = { kind: 'suppress' as const, why: suppress, by, list };
  if (refused.length > 0) exitWith(2);
  if (refused.length > 0 && !dryRun) await writeFile(errors, refusedFile(table, refused), { mode: 0o600 });
  const stopping = new AbortController();
  const { signal } = stopping;
  terminal().onInterrupt(() => stopping.abort());
  const given = (broker: Broker) =>
    dryRun
      ? previewAll(leadLog(broker), ids, command, { signal })
      : commandAll(leadLog(broker), ids, command, { run: `${suppress}/${table.hash}`, perSecond, signal });
  const tally = new Tally();
  const progress = new Progress(ids.length);
  if (ids.length > 0)
    await withBroker(async (broker) => {
      await mustFitLog(broker, { isCertain: true });
      for await (const outcome of given(broker)) {
        tally.add(outcome);
        progress.at(tally.leads);
      }
    }).finally(() => progress.end());
  shown({ ...counts, ...(refused.length > 0 ? { problems: refused.map(problemOf) } : {}) }, tally, options);
  if (tally.leads === ids.length) return;
  note('leadctl: stopped; the same command goes on, and gives no address a second event');
  exitWith(1);
}

const problemOf = ({ row, problems }: Listed) => ({ row, problems });

interface Counts {
  rows: number;
  addresses: number;
  refused: number;
  problems?: Pick<Listed, 'row' | 'problems'>[];
}

function shown({ problems = [], ...counts }: Counts, tally: Tally, { dryRun, json, errors }: Options): void {
  const { changed, before, unchanged } = tally.counts;
  const written = counts.refused > 0 && !dryRun ? { errors } : {};
  if (json)
    return print({
      ...counts,
      ...(dryRun ? { dryRun, problems } : {}),
      suppressed: changed,
      before,
      unchanged,
      ...written,
    });
  if (dryRun)
    for (const { row, problems: of } of problems)
      print(`${String(row).padStart(7)}  refused   ${of.map(({ field, reason }) => `${field}: ${reason}`).join('; ')}`);
  print(
    [
      `${counts.rows} rows: ${counts.addresses} addresses, ${counts.refused} rows refused` +
        (written.errors === undefined ? '' : `; the refused rows are in ${errors}`),
      ...tally.lines(dryRun),
      ...(dryRun ? ['nothing was changed'] : []),
    ].join('\n'),
  );
}
