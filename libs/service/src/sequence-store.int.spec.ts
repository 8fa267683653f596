import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import { parseFolder } from '@leadstream/sequences/folder';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { NotPossible, Overtaken, retire, rollback } from './sequence-activation.ts';
import { LintError, VersionTaken } from './sequence-deployment.ts';
import { readFolder, SequenceStore } from './sequence-store.ts';

const files = await readFolder('sequences');
const NURTURE = 'content-nurture';
const DEMO = 'sales-demo';
/** The folder with another version and name of a sequence. */
const changed = (id: string, version: number, name: string, from = files) => ({
  ...from,
  [`${id}/sequence.yaml`]: (from[`${id}/sequence.yaml`] ?? '')
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^name: .*$/m, `name: ${name}`),
});
/** A token without a fallback, in line 4. */
const broken = (id: string, template: string, from = files) => ({
  ...from,
  [`${id}/${template}.md`]: '---\nsubject: Hello\n---\nHello {{ first_name }}\n',
});

describe('deployed sequences', () => {
  let nats: Server;
  let broker: Broker;
  const store = () => new SequenceStore(broker, 1);
  const read = () => store().read();
  const deploy = (folder = files, by = 'ana') => store().deployFolder(folder, { by });
  const listed = async (id: string) => (await read()).list().find((one) => one.id === id);
  const active = async (id: string) => (await listed(id))?.active;

  beforeEach(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
  });
  afterEach(async () => {
    await broker.close();
    await nats.stop();
  });

  it('are missing at first: triage waits', async () => {
    const empty = await read();
    expect(() => empty.routing()).toThrow(Unavailable);
  });

  it('count as unread, not as missing, until the first read has ended', async () => {
    const tags = 'version: 1\nrules:\n  - { id: pricing, when: { source: whitepaper }, add: [topic:pricing] }\n';
    const reps = 'version: 1\nreps:\n  - { id: ana, name: Ana, email: ana@acme.example }\n';
    await deploy({ ...files, 'tags.yaml': tags, 'reps.yaml': reps });
    const unread = store();
    const reading = unread.read();
    for (const ask of [() => unread.tagRules, () => unread.rep('ana'), () => unread.isActive(DEMO)])
      expect(ask).toThrow(Unavailable);
    await reading;
    expect([unread.tagRules.length, unread.rep('ana')?.name, unread.isActive(DEMO)]).toEqual([1, 'Ana', true]);
  });

  it('are deployed once by several concurrent deployers of one folder', async () => {
    const outcomes = await Promise.all(['ana', 'ben', 'cem'].map((by) => deploy(files, by)));
    const nurture = outcomes.flat().filter(({ id }) => id === NURTURE);
    expect(nurture.map(({ outcome }) => outcome).sort()).toEqual(['deployed', 'unchanged', 'unchanged']);
    expect(await listed(NURTURE)).toMatchObject({
      versions: [1],
      active: 1,
      history: [{ version: 1, does: 'deploy' }],
    });
    expect(await deploy()).toContainEqual({ id: NURTURE, version: 1, outcome: 'unchanged', before: 1 });
  });

  it('include the reps, who are deployed before the sequences with their leads', async () => {
    const reps = 'version: 1\nreps: [{ id: ana, name: Ana, email: ana@acme.example }]\n';
    const nurture = (files[`${NURTURE}/sequence.yaml`] ?? '').replace('steps:', 'assign: round-robin\nsteps:');
    const folder = { ...files, [`${NURTURE}/sequence.yaml`]: nurture };
    await expect(deploy(folder)).rejects.toThrow('there is no reps.yaml');
    const [first] = await deploy({ ...folder, 'reps.yaml': reps });
    expect(first).toEqual({ id: 'reps', version: 1, outcome: 'deployed', before: null });
    const deployed = await read();
    expect([deployed.rep('ana')?.name, deployed.rep('ben'), deployed.rep(null)]).toEqual(['Ana', undefined, undefined]);
    await expect(deploy({ ...folder, 'reps.yaml': reps.replace('name: Ana', 'name: Eva') })).rejects.toThrow(
      /^reps.yaml:1: version 1 is deployed with other content/,
    );
  });

  it('keep each version for the leads that began with it; new leads get the active one', async () => {
    const following = store();
    following.follow();
    try {
      await deploy();
      await eventually(() => following.sequence(NURTURE)?.version === 1);
      await eventually(() => following.loaded && following.isActive(NURTURE));
      await deploy(changed(NURTURE, 2, 'Second words'));
      await eventually(() => following.sequence(NURTURE)?.version === 2);
      expect(following.sequence(NURTURE, 1)?.version).toBe(1);
      expect(following.routing().sequences.find(({ id }) => id === NURTURE)?.name).toBe('Second words');
    } finally {
      await following.onApplicationShutdown();
    }
  });

  describe('are refused', () => {
    it('as a whole when one of them has a problem, which is named by file and line', async () => {
      const refused = deploy(broken(DEMO, 'confirmation'));
      await expect(refused).rejects.toThrow(LintError);
      await expect(refused).rejects.toThrow(/^sales-demo\/confirmation\.md:4: .*\(fallback\)$/m);
      expect((await read()).list()).toEqual([]);
    });

    it('under a version that has other content', async () => {
      await deploy();
      const refused = deploy(changed(NURTURE, 1, 'Other words', changed(DEMO, 2, 'More words')), 'ben');
      await expect(refused).rejects.toThrow(VersionTaken);
      await expect(refused).rejects.toThrow(
        /^content-nurture\/sequence\.yaml:\d+: version 1 is deployed with other content \(by ana, at /,
      );
      expect((await read()).sequence(NURTURE, 1)?.name).not.toBe('Other words');
      expect(await active(DEMO)).toBe(1);
    });

    it('under a version that is lower than one that was active', async () => {
      await deploy(changed(NURTURE, 5, 'Newer words'));
      await expect(deploy(changed(NURTURE, 4, 'Older words'))).rejects.toThrow(/version 5 was active already/);
    });
  });

  it('of which one is broken do not hold up another', async () => {
    await deploy();
    const folder = broken(NURTURE, 'first-mail', changed(DEMO, 2, 'Better words'));
    await expect(store().deployFolder(folder, { only: [NURTURE] })).rejects.toThrow(LintError);
    expect(await store().deployFolder(folder, { only: [DEMO] })).toEqual([
      { id: DEMO, version: 2, outcome: 'deployed', before: 1 },
    ]);
    const after = await read();
    expect(after.routing().sequences.map(({ id, version }) => `${id} v${version}`)).toEqual(
      expect.arrayContaining([`${NURTURE} v1`, `${DEMO} v2`]),
    );
  });

  it('are not touched by a dry run, which says what would change', async () => {
    await deploy();
    const before = (await read()).list();
    expect(await store().deployFolder(changed(NURTURE, 2, 'Words'), { dryRun: true })).toContainEqual({
      id: NURTURE,
      version: 2,
      outcome: 'deployed',
      before: 1,
    });
    expect((await read()).list()).toEqual(before);
  });

  it('go to the first of two operators; the other is told', async () => {
    await deploy();
    const [ana, ben] = [await read(), await read()];
    const { deployFolder } = await import('./sequence-deployment.ts');
    await deployFolder(ana, changed(NURTURE, 2, 'Of Ana'), { by: 'ana' });
    const late = deployFolder(ben, changed(NURTURE, 3, 'Of Ben'), { by: 'ben' });
    await expect(late).rejects.toThrow(Overtaken);
    await expect(late).rejects.toThrow(/^content-nurture was changed meanwhile \(ana, at .*: deploy v2\)/);
    const sameVersion = deployFolder(ben, changed(NURTURE, 2, 'Of Ben'), { by: 'ben' });
    await expect(sameVersion).rejects.toThrow(VersionTaken);
    expect(await listed(NURTURE)).toMatchObject({ active: 2, history: [{ by: 'ana' }, { by: 'ana' }] });
    // Its version is stored and was never active: once Ben has looked again, his deployment goes on.
    expect(await deploy(changed(NURTURE, 3, 'Of Ben'), 'ben')).toContainEqual({
      id: NURTURE,
      version: 3,
      outcome: 'activated',
      before: 2,
    });
  });

  it('of which many change at once get one new version each time', async () => {
    await deploy();
    const seen = await read();
    const { deployFolder } = await import('./sequence-deployment.ts');
    const versions = [2, 3, 4, 5, 6];
    const outcomes = await Promise.allSettled(
      versions.map((version) =>
        deployFolder(seen, changed(NURTURE, version, `Words ${version}`), { by: `op-${version}` }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await listed(NURTURE))?.history).toHaveLength(2);
  });

  describe('roll back', () => {
    beforeEach(async () => {
      await deploy();
      await deploy(changed(NURTURE, 2, 'Second words'));
    });

    it('to the version before, or to a named one, and stay there when the folder is deployed again', async () => {
      expect(await rollback(await read(), NURTURE, { by: 'ben' })).toMatchObject({
        before: 2,
        version: 1,
        changed: true,
      });
      expect(await active(NURTURE)).toBe(1);
      expect(await deploy(changed(NURTURE, 2, 'Second words'))).toContainEqual({
        id: NURTURE,
        version: 2,
        outcome: 'kept',
        before: 1,
      });
      await rollback(await read(), NURTURE, { by: 'ben', to: 2 });
      expect(await active(NURTURE)).toBe(2);
      expect((await listed(NURTURE))?.history.map(({ does, version, by }) => [does, version, by])).toEqual([
        ['deploy', 1, 'ana'],
        ['deploy', 2, 'ana'],
        ['rollback', 1, 'ben'],
        ['rollback', 2, 'ben'],
      ]);
    });

    it('by one of two operators at once', async () => {
      const seen = await read();
      await deploy(changed(NURTURE, 3, 'Third words'));
      await expect(rollback(seen, NURTURE, { by: 'ben' })).rejects.toThrow(Overtaken);
      expect(await active(NURTURE)).toBe(3);
    });

    it('not to a version that is missing', async () => {
      await expect(rollback(await read(), NURTURE, { by: 'ben', to: 9 })).rejects.toThrow(NotPossible);
      await expect(rollback(await read(), DEMO, { by: 'ben' })).rejects.toThrow('has no version before v1');
    });
  });

  describe('are retired', () => {
    const EXTRA = 'webinar-extra';
    const extra = {
      ...files,
      [`${EXTRA}/sequence.yaml`]: (files[`${NURTURE}/sequence.yaml`] ?? '')
        .replace(/^id: .*$/m, `id: ${EXTRA}`)
        .replace(/^triggers: .*$/m, 'triggers: []'),
      [`${EXTRA}/first-mail.md`]: files[`${NURTURE}/first-mail.md`] ?? '',
      [`${EXTRA}/second-mail.md`]: files[`${NURTURE}/second-mail.md`] ?? '',
    };
    const end = async (id: string) => retire(await read(), id, { by: 'ben', startedByName: ['reply-notice'] });

    it('without an end of their runs; a rollback or a new version begins them again', async () => {
      await deploy(extra);
      expect(await end(EXTRA)).toEqual({ id: EXTRA, before: 1, changed: true });
      expect(await end(EXTRA)).toEqual({ id: EXTRA, before: null, changed: false });
      const retired = await read();
      expect(retired.list()).toContainEqual(
        expect.objectContaining({ id: EXTRA, active: null, retired: expect.objectContaining({ by: 'ben' }) }),
      );
      expect(retired.routing().sequences.map(({ id }) => id)).not.toContain(EXTRA);
      // A lead routed to it before still begins.
      expect(retired.sequence(EXTRA)?.version).toBe(1);
      expect(await deploy(extra)).toContainEqual({ id: EXTRA, version: 1, outcome: 'kept', before: null });
      await expect(rollback(await read(), EXTRA, { by: 'ben' })).rejects.toThrow('name the version');
      await rollback(await read(), EXTRA, { by: 'ben', to: 1 });
      expect(await active(EXTRA)).toBe(1);
    });

    it('not while the routes lead to them, nor those that are started by their name', async () => {
      await deploy(extra);
      await expect(end(NURTURE)).rejects.toThrow(/triggered by source:whitepaper/);
      await expect(end('reply-notice')).rejects.toThrow(NotPossible);
      await expect(end('initial-triage')).rejects.toThrow(NotPossible);
    });
  });

  it('of a build before the histories are read, and go on with the next deployment', async () => {
    const { sequences, routes } = parseFolder(files);
    for (const definition of [...sequences, ...(routes ? [routes] : [])]) {
      await store().bucket.put(`${definition.id}.${definition.version}`, JSON.stringify(definition));
      await store().bucket.put(`${definition.id}.active`, String(definition.version));
    }
    expect(await listed(NURTURE)).toEqual({ id: NURTURE, versions: [1], active: 1, retired: null, history: [] });
    await deploy(changed(NURTURE, 2, 'Second words'));
    expect(await active(NURTURE)).toBe(2);
    await rollback(await read(), NURTURE, { by: 'ben' });
    expect(await active(NURTURE)).toBe(1);
    expect((await store().bucket.entry(`${NURTURE}.active`))?.string()).toBe('1');
  });
});
