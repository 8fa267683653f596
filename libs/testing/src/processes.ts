/** The ways to deploy the six services: of each process its name, and the argument of `npm run service`. */
export const PROCESSES = {
  one: { all: 'all' },
  two: { 'doors and workers': 'ingest,inbound,triage,scheduler,sender', projector: 'projector' },
  six: {
    ingest: 'ingest',
    triage: 'triage',
    scheduler: 'scheduler',
    sender: 'sender',
    inbound: 'inbound',
    projector: 'projector',
  },
} as const satisfies Record<string, Record<string, string>>;

export type Processes = keyof typeof PROCESSES;

/** Whether a process with this argument of `npm run service` runs the service. */
export const runs = (argument: string, service: string): boolean =>
  argument === 'all' || argument.split(',').includes(service);
