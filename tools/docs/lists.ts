import { buckets, KEYS, streams, type StreamDefinition } from '@leadstream/contracts/streams';
import { guardSchema } from '@leadstream/contracts/events';
import { GUARDS, type GuardRule } from '@leadstream/lead/guards';
import { clients } from './clients.ts';
import { exportColumns, exportViews, withheld } from './export-lists.ts';
import { apps } from '../deploy/environment.ts';
import { firstMails } from './first-mails.ts';
import { code, table } from './markdown.ts';
import { mongoRightsTable, rightsTable } from './rights-table.ts';
import { triggers, triggersOf } from './triggers.ts';
import { sharedVariables, variablesOnlyOf } from './variables.ts';

/** The generated content between the markers of a page, by its name there. */
export async function lists(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['guards', guards()],
    ['streams', streamsAndBuckets()],
    ['rights', rightsTable()],
    ['rights in MongoDB', mongoRightsTable()],
    ['withheld', withheld()],
    ['export views', exportViews()],
    ...exportColumns(),
    ['triggers', await triggers()],
    ['triggers scheduler', await triggersOf('scheduler')],
    ['first mails', firstMails()],
    ...clients(),
    ['environment', sharedVariables()],
    ...apps.map((app): [string, string] => [`environment ${app}`, variablesOnlyOf(app)]),
  ]);
}

const ENDS: Readonly<Record<GuardRule['ends'], string>> = {
  held: 'held, planned again',
  settled: 'settled; the next one is planned',
  'when-late': 'planned again or skipped, as the step says (`whenLate`)',
  unrenderable: 'parked',
};

const guards = (): string =>
  table(
    ['guard', 'when', 'the step is'],
    guardSchema.options.map((guard) => [code(guard), GUARDS[guard].says, ENDS[GUARDS[guard].ends]]),
  );

const DAY_MS = 86_400_000;
const kept = (ageMs: number): string => {
  if (ageMs === 0) return 'for ever';
  return ageMs > 2 * DAY_MS ? `${ageMs / DAY_MS} days` : `${ageMs / 3_600_000} hours`;
};

function streamsAndBuckets(): string {
  const { [KEYS]: keys, ...logs } = streams;
  return table(
    ['stream or bucket', 'subjects or keys', 'holds', 'written by', 'read by', 'kept'],
    [
      ...Object.entries<StreamDefinition>(logs).map(([name, it]) => [
        code(name),
        it.subjects.map(code).join(' '),
        it.holds,
        it.by,
        it.readBy,
        `${kept(it.maxAgeMs)}${it.messageTtl ? ', longer by `leadctl quarantine keep`' : ''}`,
      ]),
      ['KV `keys`', '`<leadId>`', keys.holds, keys.by, keys.readBy, kept(keys.maxAgeMs)],
      ...Object.entries(buckets).map(([name, it]) => [
        `KV ${code(name)}`,
        it.keys,
        it.holds,
        it.by,
        it.readBy,
        kept(it.maxAgeMs),
      ]),
    ],
  );
}
