import type { Command } from 'commander';
import { espSchema } from '@leadstream/contracts/events';
import { PAYLOAD_BYTES_MAX } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { partitionsOf } from '@leadstream/eventlog/partitions';
import { STATE_VERSION } from '@leadstream/lead/state';
import { liveName } from '@leadstream/projection/alias';
import {
  ConfigError,
  dataKeys,
  leadIdSecret,
  loadConfig,
  mongo,
  nats,
  officeHours,
  scale,
  tokenSecret,
  traces,
} from '@leadstream/service/config';
import { VERSION } from '@leadstream/service/version';
import type { Db } from 'mongodb';
import { z } from 'zod';
import { ending } from './help.ts';
import { failed, GROUPS, passed, shown, skipped, type Check, type Group } from './doctor/check.ts';
import { judgedClocks, skewsOf } from './doctor/clocks.ts';
import { dnsChecks } from './doctor/dns.ts';
import { mailboxChecks } from './doctor/mailboxes.ts';
import { providerChecks } from './doctor/provider.ts';
import { answerOf, judgedServices } from './doctor/services.ts';
import { streamChecks } from './doctor/streams.ts';
import { mustFitLog } from './lead-id-secret.ts';
import { openedDb, print, settings, withBroker } from './session.ts';
import { exitWith } from './terminal.ts';

/** A check failed; 1 is an error of the command. */
const ATTENTION = 2;
const SETTINGS = {
  ...nats,
  ...mongo,
  ...leadIdSecret,
  ...tokenSecret,
  ...dataKeys,
  ...scale,
  ...officeHours,
  ...traces,
};

interface Options {
  json?: boolean;
  service: string[];
  dns?: string;
}

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'Checks settings, streams, MongoDB, clocks, DNS, the provider’s key, mailboxes and versions; changes nothing, ' +
        'sends nothing.\nEach failed check says what mends it',
    )
    .addHelpText(
      'after',
      ending(['leadctl doctor', 'leadctl doctor --service http://ingest:3001 --service http://inbound:3002'], {
        0: 'all passed',
        1: 'an error',
        [ATTENTION]: 'a check failed',
      }),
    )
    .option(
      '--service <url>',
      'a service to ask for readiness and version; repeatable',
      (url: string, urls: string[]) => [...urls, url],
      [],
    )
    .option('--dns <address>', 'DNS server to ask instead of the system’s')
    .option('--json', 'as JSON, a list')
    .action(async ({ json, service, dns }: Options) => {
      const found = await Promise.all([
        serverChecks(),
        dnsChecks(settings(), dns),
        provider(),
        mailboxChecks(settings()),
        Promise.all(service.map(answerOf)).then(judgedServices),
      ]);
      const checks = [...settingChecks(), ...found.flat()].sort(
        (a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group),
      );
      print(json ? checks : shown(checks));
      if (checks.some(({ result }) => result === 'failed')) exitWith(ATTENTION);
    });
}

function settingChecks(): Check[] {
  try {
    loadConfig(z.object(SETTINGS), settings());
    return [passed('settings', `leadctl ${VERSION} has what it reads`)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) =>
      failed('settings', problem, 'set it as for the services (README.md, Environment)'),
    );
  }
}

/** The provider that the senders use; an unknown name is a fault of the settings, which the services name. */
const provider = (): Promise<Check[]> => {
  const { success, data } = espSchema.safeParse(settings()['ESP'] || 'sendgrid');
  return success ? providerChecks(data, settings()) : Promise.resolve([unknownProvider]);
};
const unknownProvider = failed('provider', 'ESP names no provider', `set it to ${espSchema.options.join(', ')}`);

/** A server that does not answer is one failed check; the others are made all the same. */
const orFailed = (group: Group, mend: string, work: () => Promise<Check[]>): Promise<Check[]> =>
  work().catch((error: unknown) => [failed(group, error instanceof Error ? error.message : String(error), mend)]);

async function serverChecks(): Promise<Check[]> {
  await using opened = new AsyncDisposableStack();
  const db = await openedDb(opened).catch(() => undefined);
  const mongodb = db
    ? await orFailed('mongodb', 'see MONGODB_URI and its user', () => mongoChecks(db))
    : [failed('mongodb', 'MongoDB does not answer', 'start it, or correct MONGODB_URI')];
  const ofNats = await orFailed('nats', 'start it, or correct NATS_URL and NATS_CREDS', () =>
    withBroker((broker, replicas) => natsChecks(broker, replicas, db)),
  );
  return [...mongodb, ...ofNats];
}

async function natsChecks(broker: Broker, replicas: number, db: Db | undefined): Promise<Check[]> {
  const { version = '', max_payload: bytes = 0 } = broker.connection().info ?? {};
  const payload =
    bytes >= PAYLOAD_BYTES_MAX
      ? passed('nats', `NATS ${version} takes messages of ${bytes} bytes`)
      : failed(
          'nats',
          `NATS takes messages of ${bytes} bytes only`,
          `set max_payload: ${PAYLOAD_BYTES_MAX} in nats-server.conf`,
        );
  const jsm = await broker.jsm();
  return [
    payload,
    asksForUser('nats', 'NATS', broker.connection().info?.auth_required === true),
    ...(await streamChecks(jsm, { replicas, partitions: (await partitionsOf(broker)) ?? 1 })),
    ...(await orFailed('clocks', 'see the streams', async () => judgedClocks(await skewsOf(broker, db)))),
    ...(await orFailed('settings', 'use LEAD_ID_SECRET and DATA_KEYS of the services', async () => {
      if (!settings()['LEAD_ID_SECRET'] && !settings()['LEAD_ID_SECRET_FILE']) return [];
      await mustFitLog(broker, { isCertain: true });
      return [passed('settings', 'LEAD_ID_SECRET is that of the log')];
    })),
  ];
}

/** A fault in production only, which nothing here tells from a laptop. */
const asksForUser = (group: Group, server: string, asks: boolean): Check =>
  asks
    ? passed(group, `${server} asks for a user`)
    : skipped(group, `${server} asks for no user: whoever reaches it may do everything (docs/deploy.md)`);

async function mongoChecks(db: Db): Promise<Check[]> {
  const { version } = await db.admin().command({ buildInfo: 1 });
  const status = await db.command({ connectionStatus: 1 });
  const { authenticatedUsers: users } = z
    .object({ authenticatedUsers: z.array(z.unknown()) })
    .parse(status['authInfo']);
  const leads = db.collection(await liveName(db));
  const other = await leads.countDocuments({ stateVersion: { $ne: STATE_VERSION } }, { limit: 10_000 });
  return [
    passed('mongodb', `MongoDB ${String(version)}`),
    asksForUser('mongodb', 'MongoDB', users.length > 0),
    other === 0
      ? passed('mongodb', `all documents are of state version ${STATE_VERSION}`)
      : failed(
          'mongodb',
          `${other} documents are of another state version than ${STATE_VERSION}`,
          'the projector folds them at its start; deploy one version everywhere, or leadctl projection rebuild',
        ),
  ];
}
