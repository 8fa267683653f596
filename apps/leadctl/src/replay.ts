import { Chain } from '@leadstream/eventlog/chain';
import { lengthOf, placeJson, placeText } from '@leadstream/contracts/place';
import type { Broker } from '@leadstream/eventlog/broker';
import { Option, type Command } from 'commander';
import { ending } from './help.ts';
import { Progress } from './bulk-progress.ts';
import { rangeOf } from './export/range.ts';
import { ReplayInto } from './replay/into.ts';
import { paced } from './replay/paced.ts';
import { ReplaySubject } from './replay/subject.ts';
import { keyringOf, note, openedDb, print, withBroker } from './session.ts';
import { terminal } from './terminal.ts';

interface Options {
  from?: string;
  to?: string;
  speed: string;
  into?: string;
  subject?: string;
  json?: boolean;
}

const NOTED_EVERY = 100_000;

export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description(
      'replay the log, or a part of it, into a MongoDB collection or to subscribers of a subject. It cannot send: it ' +
        'has no provider, appends nothing to the log, and each message is marked, so that every service refuses it',
    )
    .option('--from <time>', 'only what was recorded since then: a duration such as P7D, or a time with its zone')
    .option('--to <time>', 'only what was recorded until then')
    .option('--speed <speed>', 'max, original, or times the original', 'max')
    .addOption(
      new Option(
        '--into <collection>',
        'of the documents that the projector would have written, as leads_tuesday',
      ).conflicts('subject'),
    )
    .option('--subject <subject>', 'replay.<name>.>: each event as replay.<name>.<lead’s id>.<event>')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(
        [
          'leadctl replay --to 2026-11-24T08:00Z --into leads_tuesday',
          "leadctl replay --from P30D --speed 60 --subject 'replay.billing.>'",
        ],
        { 0: 'replayed', 1: 'an error' },
      ),
    )
    .action((options: Options) => run(options));
}

async function run({ from, to, speed, into, subject, json }: Options): Promise<void> {
  const times = speedOf(speed);
  const interrupted = new AbortController();
  terminal().onInterrupt(() => interrupted.abort(new Error('interrupted')));
  const replayed = await withBroker(async (broker) => {
    await using opened = new AsyncDisposableStack();
    const target = await targetOf(broker, { into, subject }, opened);
    const range = await rangeOf(broker, from, to);
    const progress = new Progress(Math.max(1, lengthOf(range.upTo)), 0, NOTED_EVERY);
    let events = 0;
    try {
      for await (const due of paced(broker, { ...range, speed: times, signal: interrupted.signal })) {
        await target.take(due);
        events += due.messages.length;
        progress.at(lengthOf(due.place));
      }
    } finally {
      progress.end();
    }
    const first = range.after.map((seq) => seq + 1);
    return { events, from: first, to: range.upTo, target: into ?? subject };
  });
  print(
    json
      ? { ...replayed, from: placeJson(replayed.from), to: placeJson(replayed.to) }
      : `${replayed.events} events of LEADS ${placeText(replayed.from)} to ${placeText(replayed.to)} ` +
          `are in ${replayed.target}`,
  );
}

async function targetOf(
  broker: Broker,
  { into, subject }: { into: string | undefined; subject: string | undefined },
  opened: AsyncDisposableStack,
): Promise<ReplayInto | ReplaySubject> {
  if (subject !== undefined) return new ReplaySubject(broker, subject);
  if (into === undefined) throw new Error('name the target: --into <collection> or --subject replay.<name>.>');
  return ReplayInto.open(await openedDb(opened), into, new Chain(broker, keyringOf(broker) ?? 'blind'), note);
}

function speedOf(text: string): number {
  if (text === 'max') return Infinity;
  const speed = text === 'original' ? 1 : Number(text);
  if (!(speed > 0)) throw new Error(`--speed: ${text} is not max, original, or a number above 0`);
  return speed;
}
