import { hasCode, reachable, type Broker } from './broker.ts';

const SEQUENCE_NOT_FOUND = 10043;
const MESSAGE_NOT_FOUND = 10037;
const DELETE_FAILED = 10057;

/**
 * Deletes one message and overwrites its bytes in the stream's file, which no limit, purge or roll-up does. Returns
 * false when it no longer exists. In a cluster every node does it; each node's Raft log may have it until its next
 * snapshot. Throws Unavailable.
 */
export async function overwrite(broker: Broker, stream: string, seq: number): Promise<boolean> {
  const { streams } = await broker.jsm();
  try {
    return await reachable(() => streams.deleteMessage(stream, seq, true));
  } catch (error) {
    if (hasCode(error, SEQUENCE_NOT_FOUND, MESSAGE_NOT_FOUND)) return false;
    if (hasCode(error, DELETE_FAILED) && !(await reachable(() => streams.getMessage(stream, { seq })))) return false;
    throw error;
  }
}
