import { randomUUID } from 'node:crypto';
import type { Data, Decision, Draft, Nothing, Recorded } from '@leadstream/contracts/events';
import { Broker, type Log } from '../broker.ts';
import type { Fold } from '../log.ts';

/** A minimal lead that exercises the log's rules. */
export interface SmallLead {
  seen: number;
  due: boolean;
  paused: boolean;
  claim: string | null;
  tags: string[];
}

export const smallFold: Fold<SmallLead> = {
  initial: { seen: 0, due: false, paused: false, claim: null, tags: [] },
  stateVersion: 3,
  evolve(before, event: Recorded) {
    const state = { ...before, seen: before.seen + 1 };
    switch (event.type) {
      case 'lead.step-due':
        return { ...state, due: true };
      case 'lead.send-started':
        return { ...state, due: false, claim: event.data.sendId };
      case 'lead.paused':
        return { ...state, paused: true };
      case 'lead.tagged':
        return { ...state, tags: [...state.tags, ...event.data.add] };
      default:
        return state;
    }
  },
};

const step = { runId: 'run-1', step: 0, stepId: 'first', audience: 'lead', channel: 'email' } as const;
export const stepDue: Draft<'lead.step-due'> = {
  type: 'lead.step-due',
  data: { ...step, action: 'first', plannedAt: '2026-11-23T09:00:00Z', lagMs: 0 },
};
export const paused: Draft<'lead.paused'> = { type: 'lead.paused', data: { by: 'an operator' } };
export const tagged = (tag: string): { type: 'lead.tagged'; data: Data<'lead.tagged'> } => ({
  type: 'lead.tagged',
  data: { by: 'an operator', add: [tag], remove: [] },
});

/** A claim as the sender makes it: only when the step is due, and no guard forbids it. */
export const claimStep = (state: SmallLead, sendId: string): Decision => {
  const may = mayGoOut(state);
  if (may !== true) return may;
  if (!state.due) return { nothing: 'not-due' };
  return {
    type: 'lead.send-started',
    data: { ...step, sendId, attempt: 1, action: 'first', deadline: '2026-11-23T09:02:00Z' },
  };
};
export const mayGoOut = (state: SmallLead): true | Nothing => (state.paused ? { nothing: 'paused' } : true);

export const now = () => Temporal.Instant.from('2026-11-23T09:00:00Z');
export const aLead = (): string => randomUUID();

/** A logger that records its lines. */
export function memoryLog(): Log & { lines: { level: string; fields: Record<string, unknown>; message: string }[] } {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

/** `answerMs` is by default long enough for a server that stands still for a while on a busy machine. */
export async function openBroker(
  url: string,
  { answerMs = 5_000, partitions = 1 }: { answerMs?: number; partitions?: number } = {},
): Promise<Broker> {
  const broker = Broker.open({ servers: url, name: 'eventlog test', answerMs, partitions }, memoryLog());
  await broker.ready();
  return broker;
}
