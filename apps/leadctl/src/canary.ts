import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { canary, canaryFaults, canarySettings } from '@leadstream/service/canary/config';
import type { Verdict } from '@leadstream/service/canary/judge';
import { openCanary } from '@leadstream/service/canary/open';
import { CANARY_KINDS, roundAt, type Round } from '@leadstream/service/canary/rounds';
import { ConfigError, loadConfig } from '@leadstream/service/config';
import { z } from 'zod';
import { ending } from './help.ts';
import { note, openedDb, print, settings, withBroker } from './session.ts';
import { exitWith } from './terminal.ts';

/** A stage is broken or late; 1 is an error of the command. */
const BROKEN = 2;
const LOOK_MS = 1_000;

interface Options {
  once: true;
  json?: boolean;
}

export function canaryCommands(program: Command): void {
  program
    .command('canary')
    .description('two leads that prove the whole way: docs/observability.md, "Canary"')
    .command('run')
    .description('Submits the canary’s two leads now and follows them to their end, half an hour with real waits')
    .addHelpText(
      'after',
      ending('leadctl canary run --once', { 0: 'all in time', 1: 'an error', [BROKEN]: 'a stage is broken or late' }),
    )
    .requiredOption('--once', 'one round of each kind')
    .option('--json', 'the verdicts as JSON, a list')
    .action(async ({ json = false }: Options) => {
      const verdicts = await runOnce(json ? () => undefined : note);
      print(json ? verdicts : verdicts.map(shown).join('\n'));
      if (verdicts.some(({ result }) => result !== 'passed')) exitWith(BROKEN);
    });
}

function settingsOrFault() {
  const config = loadConfig(z.object(canary), settings());
  const faults = canaryFaults(config);
  if (faults.length > 0) throw new ConfigError(faults);
  const found = canarySettings(config);
  if (!found) throw new Error('there is no canary here: set CANARY_MAILBOX and its settings as for the watch');
  return found;
}

async function runOnce(say: (text: string) => void): Promise<Verdict[]> {
  const given = settingsOrFault();
  await using opened = new AsyncDisposableStack();
  const db = await openedDb(opened);
  const stopping = new AbortController();
  opened.defer(() => stopping.abort());
  return await withBroker(async (broker) => {
    const one = await openCanary(given, { broker, db }, stopping.signal);
    const startMs = Math.floor(Date.now() / 1_000) * 1_000;
    return Promise.all(
      CANARY_KINDS.map((kind) => follow(roundAt(kind, startMs, given.timetable), (round) => one.visit(round), say)),
    );
  });
}

/** Visits the round until it is judged; each stage is said once. */
async function follow(
  round: Round,
  visit: (round: Round) => Promise<Verdict>,
  say: (text: string) => void,
): Promise<Verdict> {
  for (let said = 0; ; await delay(LOOK_MS)) {
    const verdict = await visit(round);
    for (const { stage, mail, seconds } of verdict.took.slice(said))
      say(`${round.kind.padEnd(9)}  ${stage.padEnd(9)}  mail ${mail}  ${seconds.toFixed(1)} s`);
    said = verdict.took.length;
    if (verdict.result !== 'pending') return verdict;
  }
}

const shown = ({ kind, result, stage, mail, says, leadId, trace }: Verdict): string =>
  [
    `${kind.padEnd(9)}  ${result}`,
    ...(stage === null ? [] : [`at ${stage} of mail ${mail ?? 1}: ${says}`]),
    ...(leadId === null ? [] : [`lead ${leadId}`]),
    ...(trace === null ? [] : [`trace ${trace}`]),
  ].join('  ');
