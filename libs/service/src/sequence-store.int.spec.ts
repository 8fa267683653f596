import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { LintError, readFolder, SequenceStore, VersionTaken } from './sequence-store.ts';

describe('deployed sequences', () => {
  let nats: Server;
  let broker: Broker;
  let files: Record<string, string>;
  const store = () => new SequenceStore(broker, 1);
  const NURTURE = 'content-nurture/sequence.yaml';
  const changed = (version: number, name: string) => ({
    ...files,
    [NURTURE]: (files[NURTURE] ?? '')
      .replace(/^version: .*$/m, `version: ${version}`)
      .replace(/^name: .*$/m, `name: ${name}`),
  });

  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
    files = await readFolder('sequences');
  });
  afterAll(async () => {
    await broker.close();
    await nats.stop();
  });

  it('are missing at first: triage waits', async () => {
    const empty = await store().read();
    expect(() => empty.routing()).toThrow(Unavailable);
  });

  it('are refused as a whole when one of them has a problem', async () => {
    const faulty = { ...files, 'sales-demo/confirmation.md': '---\nsubject: Hello {{ first_name }}\n---\nHello' };
    await expect(store().deployFolder(faulty)).rejects.toThrow(LintError);
    expect((await store().read()).list()).toEqual([]);
  });

  it('are deployed once by several concurrent deployers', async () => {
    const outcomes = await Promise.all([store(), store(), store()].map((each) => each.deployFolder(files)));
    expect(outcomes.flat().filter(({ id }) => id === 'content-nurture')).toHaveLength(3);
    expect((await store().read()).list()).toContainEqual({ id: 'content-nurture', versions: [1], active: 1 });
    expect(await store().deployFolder(files)).toContainEqual({
      id: 'content-nurture',
      version: 1,
      outcome: 'unchanged',
    });
  });

  it('are immutable: a changed text under the same version is refused', async () => {
    await expect(store().deployFolder(changed(1, 'Other words'))).rejects.toThrow(VersionTaken);
    expect((await store().read()).sequence('content-nurture', 1)?.name).not.toBe('Other words');
  });

  it('keep each version for the leads that began with it; new leads get the active one', async () => {
    const following = store();
    following.follow();
    try {
      await eventually(() => following.loaded);
      await store().deployFolder(changed(2, 'Second words'));
      await eventually(() => following.sequence('content-nurture')?.version === 2);
      expect(following.sequence('content-nurture', 1)?.version).toBe(1);
      expect(following.routing().sequences.find(({ id }) => id === 'content-nurture')?.name).toBe('Second words');
    } finally {
      following.onApplicationShutdown();
    }
  });

  it('can be switched back to an earlier version', async () => {
    expect(await store().deployFolder(files)).toContainEqual({
      id: 'content-nurture',
      version: 1,
      outcome: 'activated',
    });
    expect((await store().read()).sequence('content-nurture')?.version).toBe(1);
  });
});
