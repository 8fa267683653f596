import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pack } from '../../tools/contract/package.ts';
import { emptyFolder, has, run } from '../contract/workspace.ts';
import { CLIENTS, type Client, type Place } from './clients.ts';
import { outcomesOf } from './outcomes.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The lines that a client prints, in the order of their text: outcomes of two leads come in any order. */
const sorted = (text: string): string => text.trim().split('\n').sort().join('\n');

async function proof(name: string, client: Client, place: Place): Promise<string> {
  await using folder = await emptyFolder();
  const given = [`order-${randomUUID()}`, `order-${randomUUID()}`];
  const [good = '', bad = ''] = given.map(client.idOf ?? ((id) => id));
  const [program, ...args] = await client.install(folder.path, place);
  const env = { ...process.env, NATS_URL: place.nats, INGEST_URL: place.ingest };
  const printed = await run(folder.path, program, [...args, ...given], env);
  const told = await outcomesOf(place.nats, client.source, client.refusedBy === 'triage' ? [good, bad] : [good]);
  const expected = [`lead.accepted ${good}`, ...(client.refusedBy === 'triage' ? [`lead.refused ${bad} email`] : [])];
  if (sorted(told.join('\n')) !== sorted(expected.join('\n')))
    throw new Error(`${name}: PUBLIC has ${told.join(', ')}`);
  if (client.refusedBy === 'triage') {
    const stored = [`stored ${good} in INTAKE`, `stored ${bad} in INTAKE`];
    if (sorted(printed) !== sorted([...expected, ...stored].join('\n'))) throw new Error(`${name} printed ${printed}`);
    return `${name}: stored, and told of lead.accepted and lead.refused, with its reason`;
  }
  const [first = '', second = ''] = printed.trim().split('\n');
  const { code, errors } = JSON.parse(second) as { code: string; errors: { field: string }[] };
  if (first !== JSON.stringify({ id: good }) || code !== 'CONTRACT' || errors[0]?.field !== 'email')
    throw new Error(`${name} printed ${printed}`);
  return `${name}: stored, and refused with its reason; PUBLIC has lead.accepted`;
}

/** `npm run test:clients`: the examples of docs/publish.md against all services, each in an empty folder. */
await using home = await emptyFolder();
process.env['LEADSTREAM_DIR'] = join(home.path, 'leadstream');
// It reads the variable when it is loaded.
const { startLocalStack } = await import('../../tools/start/local-stack.ts');
await using stack = await startLocalStack({ realTime: false, oneProcess: true, canary: false, print: say });
execFileSync('npx', ['nx', 'run-many', '-t', 'build', 'types', '-p', '@leadstream/contracts'], { stdio: 'ignore' });
const place = { nats: stack.nats, ingest: stack.ingest, tarball: await pack(home.path) };
for (const [name, client] of Object.entries(CLIENTS)) {
  const missing = await Promise.all(client.needs.map(async (program) => ((await has(program)) ? [] : [program])));
  say(
    missing.flat().length > 0
      ? `${name}: skipped, without ${missing.flat().join(', ')}`
      : await proof(name, client, place),
  );
}
