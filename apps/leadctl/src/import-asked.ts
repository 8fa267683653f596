import { hasAddress, hasSource, namedColumns } from '@leadstream/service/import/rows';
import { note } from './session.ts';
import { terminal } from './terminal.ts';

/** The mappings; on a terminal also the operator's choice of the address when no column's name tells it. */
export async function askedMaps(header: readonly string[], maps: readonly string[]): Promise<string[]> {
  const { ask } = terminal();
  if (!ask || hasAddress(namedColumns(header, maps))) return [...maps];
  const column = await ask(`no column is the address by its name. Columns: ${header.join(', ')}\nthe address is in: `);
  const chosen = `${column.trim()}=email`;
  note(`leadctl: as by --map "${chosen}"`);
  return [...maps, chosen];
}

/** On a terminal the source of rows that no column names; undefined: no one is there to say it. */
export async function askedSource(columns: ReturnType<typeof namedColumns>): Promise<string | undefined> {
  const { ask } = terminal();
  if (!ask || hasSource(columns)) return undefined;
  const source = (await ask('no column is the source. These leads come from (as trade_fair): ')).trim();
  if (source === '') return undefined;
  note(`leadctl: as by --source "${source}"`);
  return source;
}
