import { cpuMs } from './cpu.ts';
import { flood, pace, type Contender } from './load.ts';

export interface Measured {
  leadsPerSecond: number;
  /** User and system time by process, for a lead's whole processing. */
  cpuMsPerLead: Record<string, number>;
  /** At half of that rate, the drawn delay included. */
  latencyMs: { p50: number; p99: number };
}

const WARM_UP = 300;
const PACED_SHARE = 0.25;

/** Warms up, floods with `leads` for throughput and CPU time, then paces a quarter as many for latency. */
export async function measure(contender: Contender, leads: number): Promise<Measured> {
  const { pids, settled } = contender;
  const spent = () => Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)] as const);
  await flood(contender, WARM_UP);
  await settled();
  const before = new Map(spent());
  const leadsPerSecond = (leads * 1_000) / (await flood(contender, leads));
  await settled();
  const cpuMsPerLead = Object.fromEntries(spent().map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / leads]));
  const latencies = await pace(contender, Math.ceil(leads * PACED_SHARE), leadsPerSecond / 2);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { leadsPerSecond, cpuMsPerLead, latencyMs: { p50: at(0.5), p99: at(0.99) } };
}
