import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { startNats } from '@leadstream/testing/servers';
import { scratchFolder } from './scratch.ts';

const EVENT_BYTES = 1_000;
const AT_ONCE = 1_000;
/** Prints the peak memory of the process at its end. */
const TELL = `process.on('exit', () => process.stderr.write('\\npeak ' + process.resourceUsage().maxRSS + '\\n'))`;

export interface BackupOptions {
  events: number;
  reference: number;
}
export interface Peak {
  command: 'backup' | 'restore load';
  events: number;
  logMb: number;
  peakRssMb: number;
}

/** The memory of `leadctl backup` and `restore load` for a log, and for a shorter one. */
export async function benchBackup(
  started: AsyncDisposableStack,
  { events, reference }: BackupOptions,
): Promise<Peak[]> {
  return [...(await peaksOf(started, reference)), ...(await peaksOf(started, events))];
}

async function peaksOf(started: AsyncDisposableStack, events: number): Promise<Peak[]> {
  const dir = await scratchFolder(started);
  const [from, to] = await Promise.all([startNats(), startNats()]);
  started.defer(() => from.stop());
  started.defer(() => to.stop());
  const bytes = await fill(from.url, events);
  const of = async (command: Peak['command'], url: string): Promise<Peak> => ({
    command,
    events,
    logMb: Math.round(bytes / 1e6),
    peakRssMb: Math.round((await peakKb(command, url, join(dir, 'backup'))) / 1_024),
  });
  return [await of('backup', from.url), await of('restore load', to.url)];
}

async function fill(url: string, events: number): Promise<number> {
  const broker = Broker.open({ servers: url, name: 'bench' }, silentLog);
  try {
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const body = 'x'.repeat(EVENT_BYTES);
    for (let count = 0; count < events; count += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, events - count) }, (_, at) => `leads.${count + at}.triaged`);
      await Promise.all(batch.map((subject) => broker.js().publish(subject, body)));
    }
    return (await (await broker.jsm()).streams.info('LEADS')).state.bytes;
  } finally {
    await broker.close();
  }
}

async function peakKb(command: string, url: string, folder: string): Promise<number> {
  const argv = [
    '--conditions=@leadstream/source',
    '--import',
    `data:text/javascript,${encodeURIComponent(TELL)}`,
    'apps/leadctl/src/main.ts',
    ...command.split(' '),
    folder,
  ];
  const { stderr } = await promisify(execFile)(process.execPath, argv, { env: { ...process.env, NATS_URL: url } });
  return Number(/peak (\d+)/.exec(stderr)?.[1]);
}
