import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { fastify } from 'fastify';
import { z } from 'zod';

/**
 * The reference server: Fastify, its own JSON, one publish with the broker's ack. No check, no header, no trace, no log
 * line.
 */
const { NATS_URL, PORT } = z.object({ NATS_URL: z.string(), PORT: z.coerce.number() }).parse(process.env);
const nc = await connect({ servers: NATS_URL, noAsyncTraces: true });
const js = jetstream(nc);
const app = fastify();
app.get('/readyz', () => ({ status: 'ok' }));
app.post('/v1/leads', async (request, reply) => {
  const id = crypto.randomUUID();
  await js.publish('lead.created', JSON.stringify(request.body), { msgID: id });
  void reply.status(202);
  return { id };
});
await app.listen({ port: PORT, host: '127.0.0.1' });
process.on('SIGTERM', () => {
  void app
    .close()
    .then(() => nc.close())
    .then(() => process.exit(0));
});
