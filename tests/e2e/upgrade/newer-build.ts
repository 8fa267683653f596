import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildAll } from '../../../tools/build-all.ts';

const run = promisify(execFile);

/** The event type that the newer build adds. */
export const ADDED = { type: 'lead.scored', token: 'scored' } as const;

/** The new type beside an existing one that means as little to this reader. */
const beside = (file: string, line: string): [string, string, string] => [
  file,
  line,
  `${line.replace(/'lead\.[a-z]+'/, `'${ADDED.type}'`)}\n${line}`,
];

/** Changes of the newer build, without which it does not compile, and states of another version. */
const CHANGES: readonly [file: string, before: string | RegExp, after: string][] = [
  [
    'libs/contracts/src/events.ts',
    "  'lead.erased': event(",
    `  '${ADDED.type}': event('${ADDED.token}', 'crm', 'A rep took the lead',
    z.object({ by: z.string(), rep: z.string() })),
  'lead.erased': event(`,
  ],
  [
    'libs/lead/src/evolve.ts',
    "  'lead.erased': (",
    `  '${ADDED.type}': (state, { data }) => ({ ...state, tags: [...state.tags, \`rep:\${data.rep}\`] }),
  'lead.erased': (`,
  ],
  beside('libs/lead/src/has-outcome.ts', "  'lead.tagged': false,"),
  beside('libs/lead/src/timeline.ts', "  'lead.opened': () => '',"),
  ...['claims', 'standing'].map((reader) => beside(`libs/verify/src/${reader}.ts`, `    case 'lead.tagged':`)),
  beside('libs/verify/src/course.ts', "  'lead.tagged': unmoved,"),
  beside('libs/verify/src/permission.ts', "  'lead.tagged': null,"),
  ['libs/lead/src/state.ts', /STATE_VERSION = \d+;/, 'STATE_VERSION = 999;'],
];

async function change([file, before, after]: (typeof CHANGES)[number], folder: string): Promise<void> {
  const source = await readFile(join(folder, file), 'utf8');
  const changed = source.replace(before, () => after);
  if (changed === source) throw new Error(`${file} has no ${String(before)} any more`);
  await writeFile(join(folder, file), changed);
}

/** The packages of this checkout, and the other build's own workspaces in the place of ours. */
export async function linkPackages(folder: string): Promise<void> {
  const packages = await readdir('node_modules');
  await mkdir(join(folder, 'node_modules/@leadstream'), { recursive: true });
  const others = packages.filter((name) => name !== '@leadstream');
  await Promise.all(
    others.map((name) => symlink(join(process.cwd(), 'node_modules', name), join(folder, 'node_modules', name))),
  );
  for (const place of ['apps', 'libs']) {
    for (const name of await readdir(join(folder, place)))
      await symlink(join('../..', place, name), join(folder, 'node_modules/@leadstream', name));
  }
}

/** Builds the newer version in a folder of its own, and says where; `remove` takes it away. */
export async function buildNewer(): Promise<{ folder: string; remove: () => Promise<void> }> {
  await buildAll();
  const folder = await mkdtemp(join(tmpdir(), 'leadstream-newer-'));
  const copied = ['apps', 'libs', 'tools', 'sequences', 'intake', 'package.json', '.swcrc'];
  const isOwn = (path: string) => !path.endsWith('/node_modules');
  await Promise.all(copied.map((name) => cp(name, join(folder, name), { recursive: true, filter: isOwn })));
  for (const it of CHANGES) await change(it, folder);
  await linkPackages(folder);
  // Every other project is the same in both builds, and was copied with its dist.
  const changed = new Set(CHANGES.map(([file]) => file.split('/').slice(0, 2).join('/')));
  for (const project of changed) await run(process.execPath, ['tools/build.ts', project], { cwd: folder });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
