import { Broker, silentLog } from '../broker.ts';
import { provisionAll } from '../provision.ts';

/** Makes a log of several streams; a log of one is left to the services, which make it as they start. */
export async function provisioned(natsUrl: string, partitions: number, replicas = 1): Promise<void> {
  if (partitions === 1) return;
  const broker = Broker.open({ servers: natsUrl, name: 'provision', partitions }, silentLog);
  await broker.ready();
  await provisionAll(broker, replicas, partitions);
  await broker.close();
}
