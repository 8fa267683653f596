import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccountStore } from '@leadstream/service/account';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { freePort, startMongo, startNats, type Server } from '@leadstream/testing/servers';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { freshEmail, lead, openView, services, settingsFor, type ServiceName } from './stack.ts';

const names = Object.keys(services) as ServiceName[];
const withDatabase = names.filter((name) => name !== 'ingest');
/** The time limit of a hanging request; far longer than a response takes. */
const ANSWER_MS_MAX = 60_000;
/** Until a silent server is given up on a busy machine; the NATS client's own limit is four minutes. */
const SILENCE_MS_MAX = 120_000;

interface Readiness {
  status: string;
  checks: Record<string, string>;
}

/** All six services in one process, each with a connection of its own; the servers come, freeze, die and return. */
describe('services whose servers are not there', () => {
  let [natsPort, mongoPort] = [0, 0];
  let nats: Server | undefined;
  let mongo: Server | undefined;
  let sandbox: Sandbox;
  let view: Awaited<ReturnType<typeof openView>> | undefined;
  const running = new Map<ServiceName, Running>();

  const ask = (name: ServiceName, path: string, init: RequestInit = {}) =>
    fetch(`${running.get(name)?.url}${path}`, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  const readiness = async (name: ServiceName): Promise<Readiness> =>
    (await (await ask(name, '/readyz')).json()) as Readiness;
  const allReady = () =>
    eventually(async () => {
      const ready = await Promise.all(names.map(readiness));
      expect(
        ready.flatMap(({ checks }, at) =>
          Object.entries(checks).flatMap(([what, words]) => (words === 'ok' ? [] : [`${names[at]}: ${what} ${words}`])),
        ),
      ).toEqual([]);
      return ready.every(
        ({ status, checks }, at) => status === 'ok' && (names[at] === 'ingest' || checks['mongodb'] === 'ok'),
      );
    });
  const allWaitFor = (dependency: 'nats' | 'mongodb', of: readonly ServiceName[]) =>
    eventually(
      async () => {
        const ready = await Promise.all(of.map(readiness));
        return ready.every(({ checks }) => checks[dependency]?.startsWith('connecting to '));
      },
      { timeoutMs: SILENCE_MS_MAX },
    );
  const post = (email: string) =>
    ask('ingest', '/v1/leads', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(lead(email, 'whitepaper')),
    });
  const probesAnswer = async () => {
    const answers = await Promise.all(
      names.flatMap((name) => ['/healthz', '/metrics'].map(async (path) => (await ask(name, path)).status)),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
  };
  /**
   * A lead goes all the way, and the senders hear of a pause: every service has its connections and its buckets again.
   */
  const allWork = async () => {
    view ??= await openView(nats?.url ?? '', `${mongo?.url}/leadstream`);
    const email = freshEmail();
    await eventually(async () => (await post(email)).status === 202);
    await view.lead(email, ({ status }) => status === 'completed');
    const paused = async () =>
      /^leadstream_sending_held{.*why="account".*} 1$/m.test(await (await ask('sender', '/metrics')).text());
    const account = new AccountStore(view.broker, 1, 'sendgrid');
    // The test's own connection may come back later than the services'.
    await eventually(() => account.pause({ why: 'a test', by: 'olga' }).then(() => true));
    await eventually(paused, { timeoutMs: SILENCE_MS_MAX });
    await eventually(() => account.resume({ by: 'olga' }).then(() => true));
    await eventually(async () => !(await paused()));
  };

  beforeAll(async () => {
    [natsPort, mongoPort] = [await freePort(), await freePort()];
    sandbox = await startSandbox();
    const settings = settingsFor({
      nats: `nats://127.0.0.1:${natsPort}`,
      mongo: `mongodb://127.0.0.1:${mongoPort}/leadstream`,
      sandbox,
    });
    for (const name of names) running.set(name, await start(services[name], settings));
    const inbound = running.get('inbound')?.url;
    sandbox.setTargets({
      eventUrl: `${inbound}/v1/sendgrid/events`,
      inboundUrl: `${inbound}/v1/sendgrid/inbound/${settings['INBOUND_SECRET']}`,
    });
  });
  afterAll(async () => {
    await Promise.all([...running.values()].map((service) => service.stop()));
    await view?.close();
    await Promise.all([sandbox.close(), nats?.stop(), mongo?.stop()]);
  });

  it('live, answer their probes, and name what they wait for', async () => {
    await allWaitFor('nats', names);
    // The first attempt has failed: from there on the driver by itself never connects.
    await eventually(async () => {
      const ready = await Promise.all(withDatabase.map(readiness));
      for (const { checks } of ready) expect(checks['mongodb']).toMatch(/^connecting to mongodb:.*ECONNREFUSED/);
      return true;
    });
    await probesAnswer();
    expect((await post(freshEmail())).status).toBe(503);
  });

  it('are ready by themselves once the servers are there', async () => {
    nats = await startNats({ port: natsPort });
    for (const name of ['ingest', 'triage', 'inbound'] as const)
      await eventually(async () => (await readiness(name)).status === 'ok');
    for (const name of ['scheduler', 'projector'] as const) expect((await readiness(name)).status).toBe('unavailable');
    mongo = await startMongo({ port: mongoPort });
    await allReady();
    await allWork();
  });

  it('answer while the servers are frozen, and go on once they thaw', async () => {
    mongo?.freeze();
    const email = freshEmail();
    await eventually(async () => (await post(email)).status === 202);
    // The log is enough to decide.
    await eventually(async () => (await view?.types(email))?.includes('enrolled'));
    await allWaitFor('mongodb', withDatabase);
    nats?.freeze();
    expect((await post(freshEmail())).status).toBe(503);
    await probesAnswer();
    await allWaitFor('nats', names);
    mongo?.thaw();
    nats?.thaw();
    await allReady();
    await view?.lead(email, ({ status }) => status === 'completed');
    await allWork();
  });

  it('go on after the servers were killed', async () => {
    await Promise.all([nats?.kill(), mongo?.kill()]);
    await allWaitFor('nats', names);
    await allWaitFor('mongodb', withDatabase);
    await probesAnswer();
    await Promise.all([nats?.restart(), mongo?.restart()]);
    await allReady();
    await allWork();
  });

  it('make the streams and buckets again for a NATS server that returns without them', async () => {
    await nats?.stop();
    await allWaitFor('nats', names);
    nats = await startNats({ port: natsPort });
    await eventually(async () => (await post(freshEmail())).status === 202);
    for (const stream of ['FEEDBACK', 'LEADS', 'QUARANTINE', 'KV_accounts', 'KV_sequences'])
      await eventually(() => view?.jsm.streams.info(stream));
  });
});
