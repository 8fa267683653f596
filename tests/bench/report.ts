import type { Measured } from './measure.ts';
import type { Compared } from './rounds.ts';
import { KINDS, total, type Traffic } from './traffic.ts';

export interface BenchReport {
  leads: number;
  cores: number;
  /** Load average of the last minute before the bench: the machine's other load. */
  load: number;
  pipeline: Measured;
  bullmq?: Measured;
}

const SERVERS = ['nats-server', 'mongod', 'redis-server'];

const sum = (cpu: Record<string, number>, servers: boolean): number =>
  Object.entries(cpu)
    .filter(([name]) => SERVERS.includes(name) === servers)
    .reduce((total, [, ms]) => total + ms, 0);

function rows(name: string, { leadsPerSecond, cpuMsPerLead, latencyMs, traffic }: Measured): string[] {
  const ours = sum(cpuMsPerLead, false);
  const servers = sum(cpuMsPerLead, true);
  return [
    name,
    `  leads/s       ${leadsPerSecond.toFixed(1)}`,
    `  CPU ms/lead   ${(ours + servers).toFixed(2)}, of that ${ours.toFixed(2)} in Node.js: ${Object.entries(
      cpuMsPerLead,
    )
      .map(([process, ms]) => `${process} ${ms.toFixed(2)}`)
      .join(', ')}`,
    `  latency ms    p50 ${latencyMs.p50.toFixed(0)}, p99 ${latencyMs.p99.toFixed(0)} at half that rate`,
    ...(traffic ? [`  asks a lead   ${asked(traffic)}`] : []),
  ];
}

function asked(traffic: Traffic): string {
  const kinds = KINDS.map((kind) => `${kind} ${total(traffic, [kind]).toFixed(1)}`);
  return `${total(traffic, KINDS).toFixed(1)} messages (${kinds.join(', ')}), ${total(traffic, ['find']).toFixed(1)} finds`;
}

/** The report as people read it. */
export function table({ leads, cores, load, pipeline, bullmq }: BenchReport): string {
  const lines = [
    `${leads} leads, ${cores} cores, load ${load.toFixed(1)} before`,
    ...rows('pipeline', pipeline),
    ...(bullmq ? rows('bullmq', bullmq) : []),
  ];
  if (bullmq) {
    const cpu = ({ cpuMsPerLead }: Measured) => sum(cpuMsPerLead, true) + sum(cpuMsPerLead, false);
    lines.push(
      'pipeline : bullmq   leads/s 1 : ' +
        `${(bullmq.leadsPerSecond / pipeline.leadsPerSecond).toFixed(1)}, CPU ` +
        `${(cpu(pipeline) / cpu(bullmq)).toFixed(1)} : 1`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A comparison as people read it: medians, and how far the rounds' ratios lie apart. */
export function comparison({
  cores,
  load,
  found,
}: {
  cores: number;
  load: { before: number; after: number };
  found: Record<string, Compared>;
}): string {
  const lines = Object.values(found).map(
    ({ unit, ours, reference, ratio }) =>
      `${unit}: ${ours.toPrecision(3)} beside ${reference.toPrecision(3)}, ratio ` +
      `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)} in ` +
      `${ratio.all.length} rounds)`,
  );
  const machine = `${cores} cores, load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`;
  return `${[machine, ...lines].join('\n')}\n`;
}
