import { WITHHELD } from '@leadstream/contracts/exported';
import { EVENT_COLUMNS, type Column } from '@leadstream/leadctl/export/columns';
import { TABLES, type Table } from '@leadstream/leadctl/export/tables';
import { VIEWS } from '@leadstream/leadctl/export/views';
import { code, table } from './markdown.ts';

/** The tables of an export, each as the list `export <table>`. */
export function exportColumns(): [string, string][] {
  const shown: [string, string, Readonly<Record<string, Column>>][] = [
    ['events', 'one row an event, and the state of its lead after it', EVENT_COLUMNS],
    ...Object.entries<Table>(TABLES).map(([name, { says, columns }]): [string, string, Table['columns']] => [
      name,
      says,
      columns,
    ]),
  ];
  return shown.map(([name, says, columns]) => [`export ${name}`, `${code(name)}: ${says}.\n\n${columnsOf(columns)}`]);
}

const columnsOf = (columns: Readonly<Record<string, Column>>): string =>
  table(
    ['column', 'type', ''],
    Object.entries(columns).map(([name, { type, says }]) => [code(name), type, says]),
  );

export const withheld = (): string =>
  table(
    ['`--with`', 'names'],
    Object.entries(WITHHELD).map(([name, says]) => [code(name), says]),
  );

export const exportViews = (): string =>
  table(
    ['view', ''],
    Object.entries(VIEWS).map(([name, { says }]) => [code(name), says]),
  );
