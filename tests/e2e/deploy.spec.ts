import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '@leadstream/leadctl/testing/command';
import { migrateAll, planSchema } from '@leadstream/leadctl/sequence-migration';
import { variantOf } from '@leadstream/sequences/variants';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { eventually } from '@leadstream/testing/eventually';
import { z } from 'zod';
import { killedScheduler, type KilledScheduler } from './killed-scheduler.ts';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

const NURTURE = 'content-nurture';
const DEMO = 'sales-demo';

let stack: Stack;
let scheduler: KilledScheduler;
let dir: string;
const begin = async (DELAY_SCALE: string) => {
  stack = await startStack({ env: { DELAY_SCALE, HUNT_EVERY_MS: '200' } });
  scheduler = await killedScheduler(stack.settings);
  dir = await mkdtemp(join(tmpdir(), 'leadstream-deployed-'));
  await cp('sequences', dir, { recursive: true });
  // The scheduler's own first deployment.
  await eventually(async () => (await leadctl('sequences', 'list')).out.includes('initial-triage'));
};
const end = async () => {
  await scheduler.stop();
  await stack.stop();
  await rm(dir, { recursive: true });
};
const leadctl = (...args: string[]) => command(args, { ...stack.settings, SEQUENCES_DIR: dir });
/** The command's output; throws a refusal. */
const done = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await leadctl(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${out}${err}`);
  return out;
};
const edit = async (file: string, change: (text: string) => string) =>
  writeFile(join(dir, file), change(await readFile(join(dir, file), 'utf8')));
const numbered = (id: string, version: number) =>
  edit(`${id}/sequence.yaml`, (text) => text.replace(/^version: .*$/m, `version: ${version}`));
const MARK = /^Text of version (\d+)\.$/m;
/** Each mail says of which version its text is; version 1 says nothing. */
const write = async (version: number) => {
  await numbered(NURTURE, version);
  for (const mail of ['first-mail', 'second-mail'])
    await edit(
      `${NURTURE}/${mail}.md`,
      (text) => `${text.replace(MARK, '').trimEnd()}\n\nText of version ${version}.\n`,
    );
};
const textsOf = (email: string): string[] =>
  mailsTo(stack.sandbox, email).map(({ text }) => MARK.exec(text ?? '')?.[1] ?? '1');
const post = async (source = 'whitepaper'): Promise<string> => {
  const email = freshEmail();
  await stack.post(lead(email, source));
  return email;
};
const underWay = (email: string) => stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
const completed = (email: string) => stack.lead(email, ({ status }) => status === 'completed');

describe('a deployment and a rollback under load, while a scheduler is killed', () => {
  // The second mail comes seconds after the first, so that versions change in between.
  beforeAll(() => begin('0.00002'));
  afterAll(end);

  it('change no lead under way: each gets all mails in the version that it began with', async () => {
    const emails: string[] = [];
    const load = async (count: number) => {
      for (let left = count; left > 0; left--) emails.push(await post(left % 4 === 2 ? 'demo_request' : 'whitepaper'));
    };
    await load(8);
    await underWay(emails[0] ?? '');
    await write(2);
    await Promise.all([load(8), done('sequences', 'deploy', '--by', 'ana'), scheduler.kill()]);
    await write(3);
    await Promise.all([load(8), done('sequences', 'deploy', '--by', 'ana')]);
    await Promise.all([load(8), done('sequences', 'rollback', NURTURE, '--by', 'ben'), scheduler.kill()]);
    // The services hear of it a moment later.
    await eventually(async () => {
      await load(1);
      const { sequenceVersion } = await completed(emails.at(-1) ?? '');
      return sequenceVersion === 2;
    });
    for (const email of emails) await completed(email);
    const versions = new Set<number>();
    for (const email of emails) {
      const begun = (await stack.history(email)).filter((event) => event.type === 'lead.enrolled');
      expect(begun).toHaveLength(1);
      const [{ sequence, version } = { sequence: '', version: 0 }] = begun.map(({ data }) => data);
      if (sequence !== NURTURE) continue;
      versions.add(version);
      expect([email, textsOf(email)]).toEqual([email, [String(version), String(version)]]);
    }
    expect([...versions].sort()).toEqual(expect.arrayContaining([1, 2]));
    expect(await done('verify')).toMatch(/PROVEN/);
  });

  it('of a broken sequence is refused, and another sequence runs and is deployed', async () => {
    const during = await post('demo_request');
    await edit(`${NURTURE}/first-mail.md`, (text) => `${text}\n{{ first_name }}\n`);
    await numbered(NURTURE, 9);
    await numbered(DEMO, 2);
    const refused = await leadctl('sequences', 'deploy', '--by', 'ana');
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/content-nurture\/first-mail\.md:\d+: /) });
    expect(await done('sequences', 'deploy', '--only', DEMO, '--by', 'ana')).toMatch(/^sales-demo v2 {2}deployed/);
    await completed(during);
    await eventually(async () => {
      const email = await post('demo_request');
      await completed(email);
      return (await stack.history(email)).some((event) => event.type === 'lead.enrolled' && event.data.version === 2);
    });
    const nurtured = await post();
    await completed(nurtured);
    expect(textsOf(nurtured)).toEqual(['2', '2']);
  });
});

const versionOf = async (version: number) => {
  const found = (await new SequenceStore(stack.broker, 1).read()).sequence(NURTURE, version);
  if (!found) throw new Error(`v${version} is not deployed`);
  return found;
};

const migratedSchema = z.object({
  moved: z.number(),
  left: z.number(),
  refused: z.array(z.object({ leadId: z.string() })),
});

/** The plan's migration, interrupted once one run is moved. */
async function interruptedAfterOne(path: string) {
  const plan = planSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const target = await versionOf(plan.to);
  const stopping = new AbortController();
  return migrateAll(plan, target, stack.log, {
    by: 'ana',
    signal: stopping.signal,
    onProgress: () => stopping.abort(),
  });
}

describe('a migration, while a scheduler is killed', () => {
  // Long enough to act between the two mails, and short enough to see the second one.
  beforeAll(() => begin('0.0002'));
  afterAll(end);

  it('moves exactly the runs that it announced, once, and they get the texts of the other version', async () => {
    const plan = join(dir, 'plan.json');
    const announced = await Promise.all(Array.from({ length: 12 }, () => post()));
    const [left = ''] = announced;
    await Promise.all(announced.map(underWay));
    // Held, so that the test has all the time it needs; all at once, before their second step.
    await Promise.all(announced.map((email) => done('lead', 'pause', email, '--by', 'ana')));
    for (const email of announced) await stack.lead(email, ({ status }) => status === 'paused');
    expect(await done('sequences', 'list')).toContain('under way: 12 in v1');
    await write(2);
    await edit(`${NURTURE}/sequence.yaml`, (text) =>
      text.replace('- id: second', '- id: reminder').replace('action: second-mail', '$&\n    variants: [other-mail]'),
    );
    await cp(join(dir, NURTURE, 'second-mail.md'), join(dir, NURTURE, 'other-mail.md'));
    await done('sequences', 'deploy', '--by', 'ana');
    const versions = ['--from', '1', '--to', '2', '--by', 'ana'];
    expect(
      JSON.parse((await leadctl('sequences', 'migrate', NURTURE, ...versions, '--dry-run', '--json')).out),
    ).toEqual({
      waiting: {},
      refused: announced
        .map((email) => ({
          leadId: stack.idOf(email),
          reason: 'the other version has no step "second"',
        }))
        .sort((a, b) => (a.leadId < b.leadId ? -1 : 1)),
      runs: 0,
    });
    const mapped = [...versions, '--map', 'second=reminder', '--plan', plan];
    expect(await done('sequences', 'migrate', NURTURE, ...mapped, '--dry-run')).toBe(
      'content-nurture v1 → v2: 12 leads, 12 at "second"\nnothing was moved\n',
    );
    // One leaves and another one enters the version after the announcement.
    await done('lead', 'erase', left, '--by', 'ana');
    await done('sequences', 'rollback', NURTURE, '--by', 'ana');
    const later = await post();
    await underWay(later);
    const killed = scheduler.kill();
    const first = await interruptedAfterOne(plan);
    const rest = await leadctl('sequences', 'migrate', NURTURE, '--by', 'ana', '--plan', plan);
    expect(rest).toMatchObject({ code: 2, out: expect.stringMatching(/^\d+ moved, \d+ before\n1 refused: /) });
    const [moves = 0, before = 0] = [...rest.out.matchAll(/\d+/g)].map(Number);
    expect([first.moved >= 1 && first.moved < 11, before, moves + before]).toEqual([true, first.moved, 11]);
    expect((await leadctl('sequences', 'migrate', NURTURE, '--by', 'ana', '--plan', plan)).out).toMatch(
      /^0 moved, 11 before\n1 refused: /,
    );
    expect(await stack.types(later)).not.toContain('migrated');
    const moved = announced.slice(1);
    await killed;
    await Promise.all(moved.map((email) => done('lead', 'resume', email, '--by', 'ana')));
    for (const email of moved) await completed(email);
    const [, reminder] = (await versionOf(2)).steps;
    for (const email of moved) {
      const planned = (await stack.history(email)).find((event) => event.type === 'lead.migrated')?.data.planned;
      expect(planned?.action).toBe(reminder && variantOf({ id: NURTURE }, reminder, stack.idOf(email)));
      expect((await stack.types(email)).filter((type) => type === 'migrated')).toHaveLength(1);
      expect(textsOf(email)).toEqual(['1', '2']);
    }
    expect(await done('verify')).toMatch(/PROVEN/);
  });

  it('moves the runs that it announced and that still wait, and no other, while they go on', async () => {
    const plan = join(dir, 'under-load.json');
    const emails = await Promise.all(Array.from({ length: 12 }, () => post()));
    const [held = ''] = emails;
    await underWay(held);
    await done('lead', 'pause', held, '--by', 'ana');
    await stack.lead(held, ({ status }) => status === 'paused');
    const versions = ['--from', '1', '--to', '2', '--map', 'second=reminder', '--plan', plan];
    await done('sequences', 'migrate', NURTURE, ...versions, '--by', 'ana', '--dry-run');
    const later = await post();
    const killed = scheduler.kill();
    const { out } = await leadctl('sequences', 'migrate', NURTURE, '--by', 'ana', '--plan', plan, '--json');
    await killed;
    const { moved, left, refused } = migratedSchema.parse(JSON.parse(out));
    await done('lead', 'resume', held, '--by', 'ana');
    const all = [...emails, later];
    for (const email of all) await completed(email);
    const { runs } = planSchema.parse(JSON.parse(await readFile(plan, 'utf8')));
    const announced = new Set(runs.map(({ leadId }) => leadId));
    const stayed = new Set(refused.map(({ leadId }) => leadId));
    expect([moved + refused.length, left]).toEqual([announced.size, 0]);
    expect([announced.has(stack.idOf(held)), stayed.has(stack.idOf(held))]).toEqual([true, false]);
    for (const email of all) {
      const id = stack.idOf(email);
      const isMoved = announced.has(id) && !stayed.has(id);
      expect([email, textsOf(email)]).toEqual([email, ['1', isMoved ? '2' : '1']]);
      expect((await stack.types(email)).filter((type) => type === 'migrated')).toHaveLength(isMoved ? 1 : 0);
    }
    expect(await done('verify')).toMatch(/PROVEN/);
  });
});
