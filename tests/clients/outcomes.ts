import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { CE } from '@leadstream/contracts/envelope';
import { outcomes } from '@leadstream/contracts/public';

const WAIT_MS = 60_000;

/** What PUBLIC tells of these submissions of a source: `<type> <id>`, and the fields of a refusal. */
export async function outcomesOf(servers: string, source: string, ids: readonly string[]): Promise<string[]> {
  const nc = await connect({ servers });
  try {
    const consumer = await jetstream(nc).consumers.get('PUBLIC');
    const waiting = new Set(ids);
    const told: string[] = [];
    while (waiting.size > 0) {
      const message = await consumer.next({ expires: WAIT_MS });
      if (!message) throw new Error(`PUBLIC tells nothing of ${[...waiting].join(', ')}`);
      const type = message.headers?.get(CE.type);
      if (type !== 'lead.accepted' && type !== 'lead.refused') continue;
      const data = outcomes[type].data.parse(message.json());
      const { id = '' } = data.submission;
      if (data.submission.source !== source || !waiting.delete(id)) continue;
      told.push([type, id, ...('reasons' in data ? data.reasons.map(({ field }) => field) : [])].join(' '));
    }
    return told;
  } finally {
    await nc.close();
  }
}
