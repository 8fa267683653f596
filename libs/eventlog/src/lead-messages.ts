import { logOf } from '@leadstream/contracts/streams';
import type { StoredMsg } from '@nats-io/jetstream';
import { reachable, type Broker } from './broker.ts';
import { overwrite } from './overwrite.ts';

/** The leader has every acknowledged event; a replica answers faster, and may lack the newest. */
type From = 'leader' | 'replica';

/** The lead's last stored event, or its last one of the type with this token. Throws Unavailable. */
export async function lastOf(broker: Broker, leadId: string, from: From, token = '>'): Promise<StoredMsg | null> {
  const { stream, subject } = logOf(leadId, broker.partitions);
  const { direct, streams } = await broker.jsm();
  return reachable(() => (from === 'leader' ? streams : direct).getMessage(stream, { last_by_subj: subject(token) }));
}

/** The lead's stored event of this sequence; null when there is none or it is another lead's. Throws Unavailable. */
export async function storedOf(
  broker: Broker,
  { leadId, seq }: { leadId: string; seq: number },
  from: From = 'leader',
): Promise<StoredMsg | null> {
  const { stream } = logOf(leadId, broker.partitions);
  const { direct, streams } = await broker.jsm();
  const stored = await reachable(() => (from === 'leader' ? streams : direct).getMessage(stream, { seq }));
  return stored?.subject.split('.')[1] === leadId ? stored : null;
}

/** Deletes the lead's event from the disk; false when it no longer exists. Throws Unavailable. */
export const eraseOf = (broker: Broker, { leadId, seq }: { leadId: string; seq: number }): Promise<boolean> =>
  overwrite(broker, logOf(leadId, broker.partitions).stream, seq);
