import type { Recorded } from '@leadstream/contracts/events';
import { instantOf, until, type By } from '@leadstream/lead/at';
import { stateAfter } from '@leadstream/lead/evolve';
import { nextOf } from '@leadstream/lead/next';
import { statusOf } from '@leadstream/lead/state';
import { line } from '@leadstream/lead/timeline';
import { Option, type Command } from 'commander';
import { ending } from './help.ts';
import { eventsOf } from './lead-story.ts';
import { print, withBroker } from './session.ts';

interface Options {
  diff?: string;
  by: By;
  json?: boolean;
}

export function atCommand(lead: Command, idOf: (whom: string) => string): void {
  lead
    .command('at <email|id> <time>')
    .description('the lead as it was at a time, with its zone or offset: 2026-11-24T09:00[Europe/Berlin] or …T08:00Z')
    .option('--diff <time>', 'what was different at this other time, and the events between')
    .addOption(
      new Option('--by <clock>', 'known: by the events in the log then; said: by the times that facts report')
        .choices(['known', 'said'])
        .default('known'),
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending("leadctl lead at jane@example.com '2026-11-24T09:00[Europe/Berlin]' --diff 2026-11-27T08:00Z"),
    )
    .action(async (whom: string, time: string, { diff, by, json }: Options) => {
      const [at, other] = [instantOf(time), diff === undefined ? undefined : instantOf(diff)];
      const events = await withBroker((broker) => eventsOf(broker, idOf(whom)));
      const then = until(events, at, by);
      if (other === undefined) return print(json ? { at, ...fullOf(then) } : textOf(viewOf(then)));
      const later = until(events, other, by);
      const [few, many] = later.length >= then.length ? [then, later] : [later, then];
      const between = many.filter((event) => !few.includes(event));
      const changes = changesOf(viewOf(then), viewOf(later));
      if (json) return print({ at, other, changes, events: between });
      print(
        [
          ...changes.map(({ what, from, to }) => `${what.padEnd(9)} ${from} → ${to}`),
          ...between.map((event) => line(event, true)),
        ].join('\n') || 'no difference',
      );
    });
}

const fullOf = (events: readonly Recorded[]) => {
  const state = stateAfter(events);
  return { version: events.at(-1)?.version ?? 0, status: statusOf(state), next: nextOf(state), state };
};

/** The lead in words. */
export function viewOf(events: readonly Recorded[]): Record<string, string> {
  const state = stateAfter(events);
  const { run, phase, tags, paused, awayUntil, declined, rep, zone } = state;
  return {
    known: events.length === 0 ? 'not yet' : `until LEADS ${events.at(-1)?.seq}`,
    status: events.length === 0 ? 'no lead' : statusOf(state),
    run: run ? `${run.sequence} v${run.version}` : '-',
    phase: `${phase.kind}${'step' in phase ? ` "${phase.step.id}"` : ''}`,
    next: nextOf(state).text,
    tags: tags.join(' ') || '-',
    paused: paused ? `by ${paused.by}` : 'no',
    away: awayUntil ? `until ${awayUntil}` : 'no',
    declined: declined.join(' ') || '-',
    rep: rep ?? '-',
    zone: zone?.id ?? '-',
  };
}

const textOf = (view: Record<string, string>): string =>
  Object.entries(view)
    .map(([what, value]) => `${what.padEnd(9)} ${value}`)
    .join('\n');

export const changesOf = (before: Record<string, string>, after: Record<string, string>) =>
  Object.entries(before).flatMap(([what, from]) => {
    const to = after[what] ?? '-';
    return from === to ? [] : [{ what, from, to }];
  });
