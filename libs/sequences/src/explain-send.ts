import type { PlannedStep, Recorded } from '@leadstream/contracts/events';
import { because, statesOf, verdictsOf, type Because, type Verdict } from './explain-guards.ts';

/** Why one mail went out, or was tried: what asked for it, and what every guard said when it was claimed. */
export interface SendExplanation {
  leadId: string;
  sendId: string;
  sequence: string;
  version: number;
  step: string;
  claimedAt: string;
  timeZone: string | null;
  /** From the request of its run to its claim, then the reports about it. */
  because: Because[];
  guards: Verdict[];
}

/** The reasons of the claim `sendId`; undefined: the log has no such claim. `events` is the lead's whole log. */
export function explainSend(events: readonly Recorded[], sendId: string): SendExplanation | undefined {
  const index = events.findIndex(
    ({ type, data }) => type === 'lead.send-started' && 'sendId' in data && data.sendId === sendId,
  );
  const claim = events[index];
  const before = events.slice(0, index);
  const states = statesOf(before);
  const state = states.at(-1);
  if (claim?.type !== 'lead.send-started' || !state?.run || !('step' in state.phase)) return undefined;
  const { run, phase } = state;
  const isOf = ({ data }: Recorded): boolean => 'runId' in data && data.runId === run.id;
  const asked = before.filter(
    (event) => event.id === run.id || (isOf(event) && (isPlanOf(event, phase.step) || isAboutStep(event, phase.step))),
  );
  const reports = events.slice(index).filter(({ data }) => 'sendId' in data && data.sendId === sendId);
  return {
    leadId: claim.leadId,
    sendId,
    sequence: run.sequence,
    version: run.version,
    step: phase.step.id,
    claimedAt: claim.at,
    timeZone: state.zone?.id ?? null,
    because: [...asked, ...reports].map(because),
    guards: verdictsOf(before, states, phase.step, Temporal.Instant.from(claim.at)),
  };
}

const isPlanOf = ({ data }: Recorded, { index }: PlannedStep): boolean =>
  'planned' in data && data.planned.index === index;
const isAboutStep = ({ data }: Recorded, { index }: PlannedStep): boolean => 'step' in data && data.step === index;
