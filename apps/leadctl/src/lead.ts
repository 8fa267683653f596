import type { Command } from 'commander';
import type { Recorded } from '@leadstream/contracts/events';
import { canonicalAddress } from '@leadstream/lead/address';
import { stateAfter } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import { enrichmentLines, nextOf } from '@leadstream/lead/next';
import { nextActionAt, statusOf, type LeadState } from '@leadstream/lead/state';
import { storyOf, type StoryRun } from '@leadstream/lead/story';
import { line } from '@leadstream/lead/timeline';
import { unsettledOf } from '@leadstream/lead/unsettled';
import { ending } from './help.ts';
import { leadIdSecretOf, print, withBroker } from './session.ts';
import { atCommand } from './lead-at.ts';
import { explainCommand } from './lead-explain.ts';
import { operatorCommands } from './lead-commands.ts';
import { definitionsOf, eventsOf, storyLines, tracesOf } from './lead-story.ts';
import { bulkCommands } from './leads-commands.ts';
import { listCommand } from './leads.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function leadCommands(program: Command): Command {
  const lead = program.command('lead').description('one lead');
  showCommand(lead);
  explainCommand(lead, idOf);
  atCommand(lead, idOf);
  operatorCommands(lead, idOf);
  bulkCommands(listCommand(program), idOf);
  return lead;
}

function showCommand(lead: Command): void {
  lead
    .command('show <email|id>')
    .description('its state and everything that happened to it, from the log itself')
    .option('--json', 'as JSON')
    .addHelpText('after', ending(['leadctl lead show jane@example.com', 'leadctl lead show jane@example.com --json']))
    .action(async (whom: string, { json }: { json?: boolean }) => {
      const id = idOf(whom);
      const { events, definitions } = await withBroker(async (broker, replicas) => ({
        events: await eventsOf(broker, id),
        definitions: await definitionsOf(broker, replicas),
      }));
      const state = stateAfter(events);
      const runs = storyOf(events, definitions);
      print(
        json
          ? {
              leadId: id,
              version: events.at(-1)?.version,
              status: statusOf(state),
              nextActionAt: nextActionAt(state),
              next: nextOf(state),
              runs,
              unsettled: unsettledOf(events),
              traces: tracesOf(events),
              state,
              events,
            }
          : shown(id, state, events, runs),
      );
    });
}

/** Does not quote the argument: it may be an address. */
export class NobodyNamed extends Error {
  override readonly name = 'NobodyNamed';
  readonly code = 'NOBODY_NAMED';

  constructor() {
    super('neither a lead id nor an email address');
  }
}

export const isLeadId = (whom: string): boolean => UUID.test(whom);

export function idOf(whom: string): string {
  if (isLeadId(whom)) return whom.toLowerCase();
  const address = canonicalAddress(whom);
  if (!address) throw new NobodyNamed();
  return leadId(leadIdSecretOf(), address);
}

/** The lead's address; of an erased lead, the operator and time of the erasure. */
export function titleOf(id: string, { contact, stop }: LeadState, events: readonly Recorded[]): string {
  const erased = events.find(({ type }) => type === 'lead.erased');
  const name = [contact?.firstName, contact?.lastName].filter(Boolean).join(' ');
  if (stop?.why !== 'erased') return `${name} <${contact?.email ?? ''}>  ${id}`.trim();
  if (erased?.type !== 'lead.erased') return `erased at ${stop.at}  ${id}`;
  const {
    at,
    data: { by, reason },
  } = erased;
  return `erased at ${at} by ${by}${reason === undefined ? '' : `: ${reason}`}  ${id}`;
}

function shown(id: string, state: LeadState, events: Recorded[], runs: readonly StoryRun[]): string {
  const { run, phase, zone, tags, stop, declined } = state;
  return [
    titleOf(id, state, events),
    `status   ${statusOf(state)}${stop ? ` since ${stop.at}` : ''}, version ${events.at(-1)?.version}`,
    `run      ${run ? `${run.sequence} v${run.version}` : '-'}, phase ` +
      `${phase.kind}${'step' in phase ? `, step ${phase.step.index} "${phase.step.id}"` : ''}`,
    `next     ${nextOf(state).text}`,
    `zone     ${zone ? `${zone.id}, ${zone.source}, ${zone.confidence}: ${zone.evidence}` : '-'}`,
    `tags     ${tags.join(' ')}`,
    ...(state.unproven.count > 0
      ? [
          `unproven ${state.unproven.count} ` +
            `answers${state.unproven.held ? '; the lead is held: leadctl lead resume' : ''}`,
        ]
      : []),
    ...(declined.length > 0 ? [`declined ${declined.join(' ')}`] : []),
    ...enrichmentLines(state).map((one) => `enriched ${one}`),
    ...changes(events),
    ...unsettled(events),
    ...tracesOf(events).map((trace) => `trace    ${trace}`),
    '',
    ...storyLines(runs, zone?.id),
    '',
    ...events.map((event) => line(event, true)),
  ].join('\n');
}

const changes = (events: Recorded[]): string[] =>
  events.flatMap((event) =>
    event.type === 'lead.triaged' && event.data.changes.length > 0
      ? [`cleaned  ${event.data.changes.map(({ field, rule }) => `${field} (${rule})`).join(', ')}`]
      : [],
  );

const unsettled = (events: Recorded[]): string[] =>
  unsettledOf(events).map(
    ({ sendId, step, sequence, why, parked, since }) =>
      `${why.padEnd(8)} ${sendId ?? '(no send)'} "${step}" of ${sequence ?? '-'} since ${since}; ` +
      `${parked ? 'the run is parked on it' : 'the lead has gone on without it'}`,
  );
