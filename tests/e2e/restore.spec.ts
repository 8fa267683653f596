import { execFile } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Hold } from '@leadstream/contracts/guard';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { eventually } from '@leadstream/testing/eventually';
import { fileOf, readManifest } from '@leadstream/leadctl/backup-folder';
import { loadBackup } from '@leadstream/leadctl/restore-load';
import { withBrokerAt } from '@leadstream/leadctl/session';
import { restoreSnapshot } from '@leadstream/leadctl/stream-snapshot';
import { NONE } from './restore/copies.ts';
import {
  delivered,
  liveUntilDisaster,
  NAMES,
  overtake,
  servers,
  type Before,
  type Counts,
  type Name,
} from './restore/scenario.ts';
import { freshEmail, lead, mailsTo, type Stack } from './stack.ts';

const DAY = 24 * 60;
const run = promisify(execFile);

let before: Before;
let opened: AsyncDisposableStack;
beforeAll(async () => {
  before = await liveUntilDisaster();
});
afterAll(() => before?.end());
beforeEach(() => {
  opened = new AsyncDisposableStack();
  before.clock.back();
});
afterEach(() => opened.disposeAsync());

type Left = Parameters<typeof servers>[1];
/** Servers with what the disaster left; `prepare` restores on them. Then the services start. */
async function stackOn(left: Left, prepare: (url: string) => Promise<unknown> = async () => {}, often = false) {
  const found = await servers(before, left);
  opened.defer(() => found.nats.stop());
  await prepare(found.nats.url);
  const stack = await found.start(often);
  opened.defer(() => stack.stop());
  return { stack, nats: found.nats };
}

async function restoredAsTheCliDoes(url: string): Promise<void> {
  const { parts } = await readManifest(before.then.backup);
  await withBrokerAt(url, async (broker) => {
    for (const part of parts) await restoreSnapshot(broker, part, fileOf(before.then.backup, part.stream));
  });
}
const loaded = (url: string) =>
  withBrokerAt(url, (broker) => loadBackup(broker, before.then.backup, { existing: 'refuse', withKeys: true }));

async function underRunningServices(): Promise<Stack> {
  const { stack, nats } = await stackOn(before.now);
  await ready(stack);
  await nats.stop();
  await rm(join(nats.dir, 'jetstream'), { recursive: true });
  await cp(join(before.then.cold, 'jetstream'), join(nats.dir, 'jetstream'), { recursive: true });
  await nats.restart();
  return stack;
}

interface Kind {
  reason: Hold['reason'];
  restore: () => Promise<Stack>;
  sends: Partial<Counts>;
}
/** The mails of each lead after the confirm: all that is due later, or those that the backup knows of. */
const ALL: Partial<Counts> = { F: 1, G: 1, H: 2 };
const OF_THE_BACKUP: Partial<Counts> = { F: 1 };
const STATUSES = {
  A: 'completed',
  B: 'completed',
  C: 'unsubscribed',
  D: 'responded',
  E: 'bounced',
  F: 'completed',
  G: 'completed',
  H: 'completed',
};
/** A stop after the backup is unknown, so that lead gets its due mails; a lead created after the backup is missing. */
const STATUSES_THEN = { ...STATUSES, C: 'completed', D: 'completed', E: 'completed', G: undefined, H: undefined };
const only = async (stack: Promise<{ stack: Stack }>): Promise<Stack> => (await stack).stack;

const kinds: Record<string, Kind> = {
  'the old folder is put back under running services': { reason: 'memory', sends: ALL, restore: underRunningServices },
  'the streams are restored by the snapshot API, as the nats CLI does': {
    reason: 'recreated',
    sends: ALL,
    restore: () => only(stackOn({ documents: before.now.documents }, restoredAsTheCliDoes)),
  },
  'leadctl loads the backup, and MongoDB is as old': {
    reason: 'loaded',
    sends: OF_THE_BACKUP,
    restore: () => only(stackOn({ documents: before.then.documents }, loaded)),
  },
  'a volume’s snapshot, taken while it was written, is put back': {
    reason: 'shorter',
    sends: ALL,
    restore: () => only(stackOn({ jetstream: before.then.hot, documents: before.now.documents })),
  },
  'both stores are put back': {
    reason: 'gap',
    sends: OF_THE_BACKUP,
    restore: () => only(stackOn({ jetstream: before.then.cold, documents: before.then.documents }, undefined, true)),
  },
  'the old log has overtaken what was seen': {
    reason: 'forked',
    sends: ALL,
    restore: () =>
      only(stackOn({ jetstream: before.then.cold, documents: before.now.documents }, (url) => overtake(url, before))),
  },
  'MongoDB is gone as well': {
    reason: 'witness-lost',
    sends: OF_THE_BACKUP,
    restore: () => only(stackOn({ jetstream: before.then.cold, documents: NONE })),
  },
};

const ready = (stack: Stack) => eventually(async () => (await fetch(`${stack.url('sender')}/readyz`)).ok);
const held = (stack: Stack) => eventually(async () => (await new GuardRecords(stack.broker, 1).read())?.hold);
async function statuses(stack: Stack): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of NAMES) found[name] = (await stack.queries.lead(stack.idOf(before.emails[name])))?.['status'];
  return found;
}

/** Leads that got mails since `was`, with the number of mails. */
function since(was: Counts): Partial<Counts> {
  const more: Partial<Counts> = {};
  for (const [name, count] of Object.entries(before.counts())) {
    const known = name as keyof Counts;
    if (count !== was[known]) more[known] = count - was[known];
  }
  return more;
}

/** Until all that is still to come has come to `names`, and to others. */
async function liveOn(stack: Stack, names: Name[], others: string[] = []): Promise<void> {
  before.clock.on(5);
  for (const email of [...(names.includes('H') ? [before.emails.H] : []), ...others]) await delivered(stack, email, 1);
  before.clock.on(DAY);
  for (const email of [...names.map((name) => before.emails[name]), ...others]) {
    await stack.lead(email, ({ status }) => status === 'completed');
  }
}

describe('after a restore nothing is sent before the confirm, nothing after a stop and nothing twice, when', () => {
  it.each(Object.entries(kinds))('%s', async (_, { reason, restore, sends }) => {
    const was = before.counts();
    const stack = await restore();
    expect(await held(stack)).toMatchObject({ reason });
    const late = freshEmail('late');
    await stack.post(lead(late, 'whitepaper'));
    await eventually(async () => (await stack.types(late)).includes('triaged'));
    await stack.leadctl('restore', 'reconcile');
    expect([since(was), mailsTo(before.sandbox, late)]).toEqual([{}, []]);

    await stack.leadctl('restore', 'confirm', '--by', 'olga');
    await liveOn(stack, Object.keys(sends) as Name[], [late]);
    expect([since(was), mailsTo(before.sandbox, late).length]).toEqual([sends, 2]);
    expect(await statuses(stack)).toEqual(sends === ALL ? STATUSES : STATUSES_THEN);
    expect(await stack.leadctl('verify', '--overdue', 'PT48H')).toContain('PROVEN');
  });
});

/** `confirm`, killed as it says what it has closed: before the hold is lifted, or just after. */
async function confirmKilled(stack: Stack, ...args: string[]): Promise<void> {
  const command = ['--conditions=@leadstream/source', 'apps/leadctl/src/main.ts', 'restore', 'confirm', ...args];
  const killed = run(process.execPath, command, { env: { ...process.env, ...stack.settings } });
  killed.child.stderr?.once('data', () => killed.child.kill('SIGKILL'));
  await killed.catch(() => undefined);
}

describe('where both stores are old', () => {
  it('the provider and an operator say who stopped, and --gap hold pauses all others, also after a kill', async () => {
    const was = before.counts();
    const { stack } = await stackOn({ documents: before.then.documents }, loaded);
    await held(stack);
    const { A, B, C, D, E, F } = before.emails;
    const late = freshEmail('late');
    await stack.post(lead(late, 'whitepaper'));
    await eventually(async () => (await stack.types(late)).includes('triaged'));
    const file = join(before.parent, 'stopped.txt');
    const named = async (text: string, ...more: string[]) => {
      await writeFile(file, text);
      return stack.leadctl('restore', 'reconcile', '--stopped', file, '--by', 'olga', ...more);
    };

    await expect(named(`${D}\nDee <${D}>\n\n${E},${C}\n`, '--esp')).rejects.toThrow(
      'in line 2, 4; nothing was changed',
    );
    expect(await Promise.all([C, D, E].map(async (email) => (await stack.types(email)).includes('recovered')))).toEqual(
      [false, false, false],
    );
    const odd = `\ufeff# by phone\r\n  ${D.toUpperCase()} \r\n\r\n${stack.idOf(D)}\rnobody@acme.example`;
    expect(await named(odd, '--esp', '--dry-run')).toMatch(
      /^2 leads would be recovered from .*\n1 of 2 leads that olga names would be/m,
    );
    expect(await named(odd, '--esp')).toMatch(
      /^2 leads recovered from .*\n1 of 2 leads that olga names recovered as stopped; 1 of them are not in the log/m,
    );
    expect(await named(odd, '--esp')).toMatch(/^0 leads recovered from .*\n0 of 2 leads/m);

    await confirmKilled(stack, '--by', 'olga', '--gap', 'hold');
    if ((await new GuardRecords(stack.broker, 1).read())?.hold)
      await stack.leadctl('restore', 'confirm', '--by', 'olga', '--gap', 'hold');
    const fresh = freshEmail('fresh');
    await stack.post(lead(fresh, 'whitepaper'));
    await stack.lead(fresh, ({ phase }) => phase === 'planned');
    before.clock.on(DAY);
    await delivered(stack, fresh, 1);
    const status = async (email: string) => (await stack.queries.lead(stack.idOf(email)))?.['status'];
    expect(await Promise.all([A, B, F, late, C, D, E].map(status))).toEqual([
      'paused',
      'paused',
      'paused',
      'paused',
      'unsubscribed',
      'unsubscribed',
      'bounced',
    ]);
    expect([since(was), mailsTo(before.sandbox, late)]).toEqual([{}, []]);
    expect(await stack.leadctl('verify', '--overdue', 'PT48H')).toContain('PROVEN');
  });
});

it('a failover, a purge of INTAKE and a MongoDB that is older than the log hold no lead', async () => {
  const was = before.counts();
  const { stack, nats } = await stackOn({ jetstream: before.now.jetstream, documents: before.then.documents });
  await stack.jsm.streams.purge('INTAKE');
  await nats.restart();
  // Its documents are projected again from the log, without a confirm.
  await stack.leadctl('projection', 'rebuild');
  // Another scheduler: one that has hunted the old documents looks back a minute only, and the story jumps further.
  await stack.add('scheduler');
  await liveOn(stack, ['F', 'G', 'H']);
  expect(since(was)).toEqual(ALL);
  expect(await new GuardRecords(stack.broker, 1).read()).toMatchObject({ hold: null, confirms: [] });
});
