import type { Command } from 'commander';
import { KEYS, keySubject } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from '@leadstream/eventlog/broker';
import { KeyLost } from '@leadstream/eventlog/errors';
import { messagesTo } from '@leadstream/eventlog/read';
import { wrappedBy } from '@leadstream/eventlog/seal';
import { DeliverPolicy, JetStreamApiCodes } from '@nats-io/jetstream';
import { Endpoints } from '@leadstream/service/webhooks/endpoints';
import { Sealer } from '@leadstream/service/webhooks/secrets';
import { ending } from './help.ts';
import { dataKeysOf, keyringOf, note, print, withBroker } from './session.ts';
import { exitWith } from './terminal.ts';

const AT_ONCE = 16;
const PREFIX = keySubject('');

interface Status {
  secrets: string[];
  keys: Record<string, number>;
  destroyed: number;
  unknown: number;
}

export function keyCommands(program: Command): void {
  const keys = program
    .command('keys')
    .description('the keys of leads’ personal data, as the secrets in DATA_KEYS wrap them');
  keys
    .command('status')
    .description(
      'how many keys each secret wraps, how many are destroyed, and how many no ' + 'secret of DATA_KEYS unwraps',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl keys status', { 0: 'each is unwrapped', 1: 'some are not, or an error' }))
    .action(async ({ json }: { json?: boolean }) => {
      const status = await withBroker(statusOf);
      print(json ? status : shown(status));
      if (status.unknown > 0) exitWith(1);
    });
  keys
    .command('rotate')
    .description(
      'wrap every key with the first secret of DATA_KEYS, so that the others ' +
        'can go; while everything runs, and again after a crash',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl keys rotate', { 0: 'all are wrapped', 1: 'some are not, or an error' }))
    .action(async ({ json }: { json?: boolean }) => {
      const rotated = await withBroker(rotate);
      const rest =
        rotated.lost > 0
          ? `; ${rotated.lost} are not, because no secret of DATA_KEYS unwraps them`
          : ': only the first secret is needed now';
      print(json ? rotated : `${rotated.wrapped} of ${rotated.total} keys are wrapped anew${rest}`);
      if (rotated.lost > 0) exitWith(1);
    });
}

async function statusOf(broker: Broker): Promise<Status> {
  const secrets = [...(keyringOf(broker)?.ids ?? [])];
  const status: Status = { secrets, keys: Object.fromEntries(secrets.map((id) => [id, 0])), destroyed: 0, unknown: 0 };
  for await (const { by } of keysOf(broker)) {
    if (by === null) {
      status.destroyed++;
      continue;
    }
    status.keys[by] = (status.keys[by] ?? 0) + 1;
    if (!secrets.includes(by)) status.unknown++;
  }
  return status;
}

async function rotate(broker: Broker, replicas: number): Promise<{ total: number; wrapped: number; lost: number }> {
  const keyring = keyringOf(broker);
  if (!keyring) throw new Error('DATA_KEYS is not set; the first secret in it wraps');
  const rotated = { total: 0, wrapped: 0, lost: 0 };
  const rest = keysOf(broker);
  const worker = async () => {
    for await (const { leadId, by } of rest) {
      if (by === null) continue;
      rotated.total++;
      try {
        if (await keyring.rewrap(leadId)) rotated.wrapped++;
      } catch (error) {
        if (!(error instanceof KeyLost)) throw error;
        rotated.lost++;
        note(error.message);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  // The secrets of webhooks are sealed by DATA_KEYS, too.
  const { wrapped, lost, unreadable } = await new Endpoints(broker, replicas).reseal(new Sealer(dataKeysOf()));
  if (lost > 0) note(`${lost} secrets of webhooks are sealed by none of DATA_KEYS: leadctl webhooks secrets --rotate`);
  for (const name of unreadable) note(`the webhook endpoint ${name} can't be read, nor its secrets wrapped anew`);
  const left = lost + unreadable.length;
  return {
    ...rotated,
    wrapped: rotated.wrapped + wrapped,
    lost: rotated.lost + left,
    total: rotated.total + wrapped + left,
  };
}

interface Entry {
  leadId: string;
  /** The name of the secret that wraps the key; null: the key is destroyed. */
  by: string | null;
  at: Date;
}

/** Each lead's entry; those created meanwhile are not included. */
export async function* keysOf(broker: Broker): AsyncGenerator<Entry> {
  const { streams } = await broker.jsm();
  const head = await reachable(() => streams.info(KEYS)).then(
    ({ state }) => state.last_seq,
    (error: unknown) => {
      if (error instanceof Error && hasCode(error.cause, JetStreamApiCodes.StreamNotFound)) return 0;
      throw error;
    },
  );
  const only = { deliver_policy: DeliverPolicy.LastPerSubject };
  for await (const { subject, data, time } of messagesTo(broker.js(), KEYS, { only, upTo: head })) {
    const by = data.length === 0 ? null : wrappedBy(data);
    yield { leadId: subject.slice(PREFIX.length), by, at: time };
  }
}

const shown = ({ secrets, keys, destroyed, unknown }: Status): string =>
  [
    secrets.length === 0
      ? 'DATA_KEYS is not set: what is written now is in clear'
      : `DATA_KEYS  ${secrets.join(', ')}; the first wraps`,
    ...Object.entries(keys).map(
      ([id, count]) =>
        `${id}   wraps ${count} ` +
        `keys${secrets.includes(id) ? '' : ', and is not in DATA_KEYS: their leads can’t be read'}`,
    ),
    `destroyed  ${destroyed}`,
    ...(unknown > 0 ? ['Set DATA_KEYS to what wrapped them as well'] : []),
  ].join('\n');
