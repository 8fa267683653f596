import { Client, MailService } from '@leadstream/providers/sendgrid/classes';
import { Worker } from 'bullmq';
import { mailJobSchema, QUEUE, SENDS_MAX } from './mail-job.ts';

/** The reference's worker: takes a job after its delay and posts the mail with the sender's own SDK. */
const [port, baseUrl = '', text = ''] = process.argv.slice(2);
const mail = mailJobSchema.parse(JSON.parse(text));
const client = new Client();
// In this order: setApiKey resets the base URL (8.1.6).
client.setApiKey('SG.bench');
client.setDefaultRequest('baseUrl', baseUrl);
const service = new MailService();
service.setClient(client);

const worker = new Worker<{ to: string }>(
  QUEUE,
  async ({ data }) => {
    await service.send({ ...mail, to: data.to });
  },
  { connection: { host: '127.0.0.1', port: Number(port) }, concurrency: SENDS_MAX },
);
await worker.waitUntilReady();
process.send?.('ready');
process.on('disconnect', () => process.exit());
