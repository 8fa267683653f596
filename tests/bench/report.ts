import type { Processes } from '@leadstream/testing/processes';
import type { Measured } from './measure.ts';
import type { Compared } from './rounds.ts';
import { KINDS, total, type Traffic } from './traffic.ts';

export interface BenchReport {
  leads: number;
  processes: Processes;
  cores: number;
  /** Load average of the last minute before the bench: the machine's other load. */
  load: number;
  pipeline: Measured;
  bullmq?: Measured;
}

const SERVERS = ['nats-server', 'mongod', 'redis-server'];

const sum = (of: Record<string, number>, servers: boolean): number =>
  Object.entries(of)
    .filter(([name]) => SERVERS.includes(name) === servers)
    .reduce((total, [, one]) => total + one, 0);

function rows(name: string, measured: Measured): string[] {
  const { leadsPerSecond, cpuMsPerLead, rssMb, readyMs, latencyMs, traffic } = measured;
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
    `  RSS MB        ${rss(rssMb.idle)} idle; ${rss(rssMb.peak)} at most`,
    ...(readyMs === undefined ? [] : [`  ready         ${(readyMs / 1_000).toFixed(1)} s after the start`]),
    `  latency ms    p50 ${latencyMs.p50.toFixed(0)}, p99 ${latencyMs.p99.toFixed(0)} at half that rate`,
    ...(traffic ? [`  asks a lead   ${asked(traffic)}`] : []),
  ];
}

const rss = (of: Record<string, number>): string =>
  `${sum(of, false).toFixed(0)} and servers ${sum(of, true).toFixed(0)}`;

function asked(traffic: Traffic): string {
  const kinds = KINDS.map((kind) => `${kind} ${total(traffic, [kind]).toFixed(1)}`);
  return (
    `${total(traffic, KINDS).toFixed(1)} messages (${kinds.join(', ')}), ${total(traffic, ['find']).toFixed(1)} ` +
    'finds'
  );
}

/** The report as people read it. */
export function table({ leads, processes, cores, load, pipeline, bullmq }: BenchReport): string {
  const lines = [
    `${leads} leads, services in ${processes} process${processes === 'one' ? '' : 'es'}, ${cores} cores, ` +
      `load ${load.toFixed(1)} before`,
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
      `${unit}: ${ours.toPrecision(3)} beside ${reference.toPrecision(3)}` +
      (reference === 0
        ? ''
        : `, ratio ${ratio.median.toFixed(3)} (${ratio.min.toFixed(3)} to ${ratio.max.toFixed(3)} in ` +
          `${ratio.all.length} rounds)`),
  );
  const machine = `${cores} cores, load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`;
  return `${[machine, ...lines].join('\n')}\n`;
}
