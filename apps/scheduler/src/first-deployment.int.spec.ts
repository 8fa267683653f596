import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { parseFolder } from '@leadstream/sequences/folder';
import { loadConfig } from '@leadstream/service/config';
import { logger } from '@leadstream/service/log';
import type { Definition } from '@leadstream/service/sequence-entries';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { eventually } from '@leadstream/testing/eventually';
import { freePort, startNats, type Server } from '@leadstream/testing/servers';
import { config } from './config.ts';
import { FirstDeployment } from './first-deployment.ts';

const settings = loadConfig(config, {});

describe('the first deployment of sequences', () => {
  let port: number;
  let nats: Server | undefined;
  let broker: Broker;
  let first: FirstDeployment;
  const store = () => new SequenceStore(broker, 1);
  const begin = () => first.onApplicationBootstrap();
  /** The entries of a build before the histories. */
  const deployAsBefore = async (definition: Definition) => {
    const { id, version } = definition;
    await store().bucket.put(`${id}.${version}`, JSON.stringify(definition));
    await store().bucket.put(`${id}.active`, String(version));
  };
  const active = async () => Object.fromEntries((await store().read()).list().map((each) => [each.id, each.active]));
  const ALL = {
    canary: 1,
    'content-nurture': 1,
    'booked-meeting': 1,
    'initial-triage': 3,
    'news-notice': 1,
    'reply-notice': 1,
    'returning-lead': 3,
    'sales-demo': 1,
    tags: 1,
    'unproven-answers': 1,
    're-engagement': 1,
  };

  beforeEach(async () => {
    port = await freePort();
    broker = Broker.open({ servers: `nats://127.0.0.1:${port}`, name: 'test' }, silentLog);
    first = new FirstDeployment(settings, broker, store(), logger('test', 'silent'));
  });
  afterEach(async () => {
    await first.onApplicationShutdown();
    await broker.close();
    await nats?.stop();
    nats = undefined;
  });

  it('is done once NATS is there, however late', async () => {
    begin();
    nats = await startNats({ port });
    await eventually(async () => {
      expect(await active()).toEqual(ALL);
      return true;
    });
  });

  it('is done once the folder is there', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'leadstream-sequences-'));
    const mounted = join(dir, 'sequences');
    const lines: string[] = [];
    nats = await startNats({ port });
    first = new FirstDeployment(
      { ...settings, SEQUENCES_DIR: mounted },
      broker,
      store(),
      logger('test', 'info', { write: (line: string) => void lines.push(line) }),
    );
    begin();
    await eventually(() => lines.some((line) => line.includes('there is no folder')));
    await cp('sequences', mounted, { recursive: true });
    await eventually(async () => {
      expect(await active()).toEqual(ALL);
      return true;
    });
    await rm(dir, { recursive: true });
  });

  it('is completed after a process that died half-way', async () => {
    nats = await startNats({ port });
    await broker.ready();
    await store().deployFolder(await readFolder('sequences'), { only: ['content-nurture'] });
    begin();
    await eventually(async () => {
      expect(await active()).toEqual(ALL);
      return true;
    });
  });

  it('never replaces an operator’s deployment, even one that is half-way', async () => {
    nats = await startNats({ port });
    await broker.ready();
    const { sequences, routes } = parseFolder(await readFolder('sequences'));
    if (!routes) throw new Error('there are no routes');
    // A deployment that is half-way: this version has one trigger fewer, and the routes without it are still to come.
    const halfWay = sequences.map((each) => ({ ...each, version: 7, triggers: each.triggers.slice(1) }));
    for (const definition of [routes, ...halfWay]) await deployAsBefore(definition);
    begin();
    await first.onApplicationShutdown();
    expect(await active()).toMatchObject({ 'content-nurture': 7, 'sales-demo': 7, 'returning-lead': 7 });
  });
});
