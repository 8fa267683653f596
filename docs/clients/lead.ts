// Publishes two leads, and prints what became of them: node lead.ts <id> <id of a bad one>
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { outcomes } from '@leadstream/contracts/public';
import { publishLead } from '@leadstream/contracts/publish';

const SOURCE = 'shop-typescript';
const [good = '', bad = ''] = process.argv.slice(2);

const nc = await connect({ servers: process.env['NATS_URL'] });
const js = jetstream(nc);
const { consumers } = await jetstreamManager(nc);
// A durable consumer goes on where it stood.
await consumers.add('PUBLIC', { durable_name: SOURCE, filter_subject: 'lead.outcome.*.*', ack_policy: 'explicit' });

for (const [id, email] of [
  [good, 'jane.typescript@example.com'],
  [bad, 'jane at home'],
] as const) {
  // Throws without the broker's ack: publish it again under the same id.
  await publishLead(js, { email, leadData: { source: 'demo_request' } }, { source: SOURCE, id });
  console.log(`stored ${id} in INTAKE`);
}

const waiting = new Set([good, bad]);
const consumer = await js.consumers.get('PUBLIC', SOURCE);
while (waiting.size > 0) {
  const message = await consumer.next({ expires: 60_000 });
  const type = message?.headers?.get('ce-type');
  if (type === 'lead.accepted' || type === 'lead.refused') {
    const told = outcomes[type].data.parse(message?.json());
    const { source, id = '' } = told.submission;
    if (source === SOURCE && waiting.delete(id))
      console.log(type, id, ...('reasons' in told ? told.reasons.map(({ field }) => field) : []));
  }
  message?.ack();
}
await nc.close();
