import {
  DiscardPolicy,
  JetStreamApiCodes,
  StorageType,
  StoreCompression,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { streams, type StreamDefinition, type StreamName } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from './broker.ts';
import { GuardRecords } from './guard-record.ts';

const NAME_IN_USE = 10058;

/**
 * Creates missing streams. Existing ones are never altered: their limits and replicas belong to the operator.
 * Concurrent services all succeed. Throws Unavailable when NATS gives no answer.
 */
export async function provision(broker: Broker, needs: { replicas: number; streams: StreamName[] }): Promise<void> {
  await reachable(async () => {
    const jsm = await broker.jsm();
    for (const name of needs.streams) await provisionStream(jsm, name, needs.replicas);
    if (needs.streams.includes('LEADS')) await provisionGuard(broker, jsm, needs.replicas);
  });
}

/**
 * The epoch is drawn before the first event; a log with events and without an epoch must not be named by an arbitrary
 * service.
 */
async function provisionGuard(broker: Broker, jsm: JetStreamManager, replicas: number): Promise<void> {
  const records = new GuardRecords(broker, replicas);
  if (await records.read()) return;
  const {
    created,
    state: { last_seq: lastSeq },
  } = await jsm.streams.info('LEADS');
  if (lastSeq === 0) await records.draw(created);
}

async function provisionStream(jsm: JetStreamManager, name: StreamName, replicas: number): Promise<void> {
  try {
    await jsm.streams.info(name);
  } catch (error) {
    if (!hasCode(error, JetStreamApiCodes.StreamNotFound)) throw error;
    const { subjects, maxAgeMs, duplicateWindowMs, perSubjectMax, messageTtl, isCompressed }: StreamDefinition =
      streams[name];
    // Never allow_msg_schedules: it silently turns roll-ups on, and a roll-up deletes history.
    await once(() =>
      jsm.streams.add({
        name,
        subjects: [...subjects],
        num_replicas: replicas,
        storage: StorageType.File,
        allow_direct: true,
        // At any operator's limit, the log rejects a write rather than drop its oldest event.
        discard: name === 'LEADS' ? DiscardPolicy.New : DiscardPolicy.Old,
        max_age: nanos(maxAgeMs),
        duplicate_window: nanos(duplicateWindowMs),
        ...(perSubjectMax ? { max_msgs_per_subject: perSubjectMax } : {}),
        ...(messageTtl ? { allow_msg_ttl: true } : {}),
        ...(isCompressed ? { compression: StoreCompression.S2 } : {}),
      }),
    );
  }
}

/** A concurrent process of another version created it: its configuration stays. */
async function once(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!hasCode(error, NAME_IN_USE)) throw error;
  }
}
