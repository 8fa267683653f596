import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs, rssMb } from './cpu.ts';
import { flood, pace, type Contender } from './load.ts';
import { perLead, type Traffic } from './traffic.ts';

export interface Measured {
  leadsPerSecond: number;
  /** User and system time by process, for a lead's whole processing. */
  cpuMsPerLead: Record<string, number>;
  /** Resident memory by process before the first lead, and the most until the last one. */
  rssMb: Record<'idle' | 'peak', Record<string, number>>;
  readyMs?: number;
  /** At half of that rate, the drawn delay included. */
  latencyMs: { p50: number; p99: number };
  /** Messages to NATS and finds in MongoDB for a lead, by service and kind. */
  traffic?: Traffic;
}

/** The time after the start in which a process frees what only its start needed. */
const IDLE_MS = 3_000;
const PACED_SHARE = 0.25;
const COUNTED = 300;

/**
 * Weighs the idle processes, warms up with `warmUp` leads, floods with `leads` for throughput and CPU time, paces a
 * quarter as many for latency, then counts the requests to the servers in another flood.
 */
export async function measure(contender: Contender, leads: number, warmUp: number): Promise<Measured> {
  const { pids, settled, readyMs } = contender;
  const spent = () => Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)] as const);
  const weigh = (which: 'now' | 'peak') =>
    Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, rssMb(pid)[which]]));
  await delay(IDLE_MS);
  const idle = weigh('now');
  await flood(contender, warmUp);
  await settled();
  const before = new Map(spent());
  const leadsPerSecond = (leads * 1_000) / (await flood(contender, leads));
  await settled();
  const cpuMsPerLead = Object.fromEntries(spent().map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / leads]));
  const latencies = await pace(contender, Math.ceil(leads * PACED_SHARE), leadsPerSecond / 2);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  const traffic = await count(contender);
  return {
    leadsPerSecond,
    cpuMsPerLead,
    rssMb: { idle, peak: weigh('peak') },
    ...(readyMs === undefined ? {} : { readyMs }),
    latencyMs: { p50: at(0.5), p99: at(0.99) },
    ...(traffic ? { traffic } : {}),
  };
}

async function count(contender: Contender): Promise<Traffic | undefined> {
  await contender.settled();
  const counted = await contender.traffic?.();
  if (!counted) return undefined;
  await flood(contender, COUNTED);
  await contender.settled();
  return perLead(await counted(), COUNTED);
}
