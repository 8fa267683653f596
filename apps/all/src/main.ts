import 'reflect-metadata';
import { front } from '@leadstream/service/front';
import { fail, main } from '@leadstream/service/start';

/** In the order in which they close: the projector after those whose events it shows. */
const SERVICES = {
  ingest: async () => (await import('@leadstream/ingest/ingest.module')).ingest,
  inbound: async () => (await import('@leadstream/inbound/inbound.module')).inbound,
  triage: async () => (await import('@leadstream/triage/triage.module')).triage,
  scheduler: async () => (await import('@leadstream/scheduler/scheduler.module')).scheduler,
  sender: async () => (await import('@leadstream/sender/sender.module')).sender,
  projector: async () => (await import('@leadstream/projector/projector.module')).projector,
  webhooks: async () => (await import('@leadstream/webhooks/webhooks.module')).webhooks,
  crm: async () => (await import('@leadstream/crm/crm.module')).crm,
  watch: async () => (await import('@leadstream/watch/watch.module')).watch,
  console: async () => (await import('@leadstream/console/console.module')).console,
};
type Name = keyof typeof SERVICES;

const names = Object.keys(SERVICES) as Name[];
const wanted = process.argv[2]?.split(',') ?? names;
const unknown = wanted.filter((name) => !names.some((known) => known === name));
if (unknown.length > 0)
  fail(
    `no service ${unknown.join(', ')}: npm run service -- all, or some of them as a comma list: ${names.join(',')}\n` +
      'They run in one process, on one PORT, with one connection to NATS and one to MongoDB.',
  );
const chosen = names.filter((name) => wanted.includes(name));
const name = chosen.length === names.length ? 'all' : chosen.join(',');
await main([front(name), ...(await Promise.all(chosen.map((each) => SERVICES[each]()))).flat()]);
