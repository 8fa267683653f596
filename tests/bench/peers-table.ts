/** One system's medians. */
export interface Row {
  name: string;
  leadsPerSecond: number;
  cpuMsPerLead: number;
  /** Proportional memory of its processes and servers after the last round. */
  mb: number;
  /** Of the leads that were answered before their mail was due. */
  stopped?: string;
}

export interface PeersReport {
  leads: number;
  rounds: number;
  cores: number;
  load: { before: number; after: number };
  rows: Row[];
}

const AGAIN = 'a second mail after a crash at the POST';
/** By the system's name: whether what it has taken is on the disk, and what it does not give. */
const KNOWN: Record<string, { isSynced: string; lacks: string }> = {
  'Leadstream, all of it': { isSynced: 'log no, read model yes', lacks: '' },
  'Leadstream, like for like': { isSynced: 'log no, read model yes', lacks: 'in this run feedback' },
  'Leadstream, like for like, synced': { isSynced: 'yes', lacks: 'in this run feedback' },
  Restate: { isSynced: 'yes', lacks: `${AGAIN}; history for a day, no read model, no proof` },
  'DBOS on PostgreSQL': { isSynced: 'yes', lacks: `${AGAIN}; rows of steps, no read model, no proof` },
  'BullMQ on Redis': { isSynced: 'each second', lacks: `${AGAIN}; no history, read model or proof` },
};

/** The table as Markdown, for docs/performance.md. */
export function peersTable({ leads, rounds, cores, load, rows }: PeersReport): string {
  const head = ['', 'leads/s', 'CPU ms a lead', 'memory MB', 'synced', 'a reply stops', 'not given'];
  const lines = rows.map(({ name, leadsPerSecond, cpuMsPerLead, mb, stopped = 'not asked' }) => [
    name,
    leadsPerSecond.toFixed(leadsPerSecond < 10 ? 1 : 0),
    cpuMsPerLead.toFixed(2),
    mb.toFixed(0),
    KNOWN[name]?.isSynced ?? '',
    stopped,
    KNOWN[name]?.lacks ?? '',
  ]);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const machine =
    `${leads} leads, medians of ${rounds} rounds by turns, ${cores} cores, ` +
    `load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`;
  return `${[machine, '', row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n')}\n`;
}
