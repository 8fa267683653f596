import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { job, post, serve } from './peer.mjs';

const connection = new Redis({ port: job.storePort, maxRetriesPerRequest: null });
const queue = new Queue('mails', { connection });
const worker = new Worker('mails', ({ data }) => post(data.to), { connection, concurrency: 32 });
await worker.waitUntilReady();
serve({
  lead: ({ id, to, waitMs }) =>
    queue.add(
      'mail',
      { to },
      {
        jobId: id,
        delay: waitMs,
        attempts: 6,
        backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
        removeOnComplete: true,
      },
    ),
  reply: ({ id }) => queue.remove(id),
});
