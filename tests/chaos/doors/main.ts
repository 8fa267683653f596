import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { forged, genuine, genuineToken, halfPosts, mails, unsigned } from './flood.ts';
import { startInbound, type Inbound } from './inbound.ts';

const MIB = 1024 * 1024;
/** Half posts are opened in waves of so many: more at once no kernel queues for one port. */
const WAVE = 500;
/** 131 at rest, 64 of bodies, and as much again of what the kernel and V8 give back late. */
const PEAK_MIB_MAX = 300;
/**
 * Mails need the path's secret. Each of the four that fit is there as bytes, text, JSON and message, twice while it is
 * read: 512 are the pod's.
 */
const MAILS_PEAK_MIB_MAX = 400;

function positive(value: string): number {
  if (!/^\d{1,9}(?:\.\d+)?$/.test(value)) throw new InvalidArgumentError('a number is needed.');
  return Number(value);
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Options {
  bodies: number;
  mib: number;
  forged: number;
  half: number;
  mails: number;
}

/** A fresh inbound under one kind of attack; whether it is still there, and its peak. */
async function under(
  attack: string,
  strike: (inbound: Inbound) => Promise<object>,
  peakMiBMax = PEAK_MIB_MAX,
): Promise<boolean> {
  await using inbound = await startInbound();
  const idle = await inbound.peakMiB();
  const answers = await strike(inbound);
  const after = await genuine(inbound);
  const refusals = [
    ...(await (await fetch(`${inbound.url}/metrics`)).text()).matchAll(
      /^leadstream_http_refusals_total\{.*reason="([^"]+)".*\} ([1-9]\d*)$/gm,
    ),
  ].map(([, reason, count]) => `${reason} ${count}`);
  const peak = await inbound.peakMiB();
  say(
    `${attack}: ${JSON.stringify({ ...answers, after })}; refused ` +
      `${refusals.join(', ')}; peak ${peak.toFixed(0)} MiB (idle ${idle.toFixed(0)})`,
  );
  return !inbound.hasEnded() && peak < peakMiBMax;
}

const meanwhile = async (inbound: Inbound): Promise<object> => ({ during: await genuine(inbound) });

async function stranded(inbound: Inbound, count: number, token: string): Promise<object> {
  const floods: ReturnType<typeof halfPosts>[] = [];
  for (let left = count; left > 0; left -= WAVE) {
    floods.push(halfPosts(inbound, { count: Math.min(WAVE, left), bytes: 60_000, token }));
    await delay(50);
  }
  const during = await meanwhile(inbound);
  await delay(2_000);
  const ended = floods.reduce((sum, flood) => sum + flood.ended(), 0);
  for (const flood of floods) flood.close();
  return { ...during, ended };
}

async function run({ bodies, mib, forged: forgeries, half, mails: bigMails }: Options): Promise<void> {
  const unknown = 'a'.repeat(44);
  const results = [
    await under(
      `${bodies} unsigned bodies of ${mib} MiB, then ${half} half posts to an unknown token`,
      async (inbound) => {
        const answers = unsigned(inbound, bodies, Math.round(mib * MIB));
        const during = await meanwhile(inbound);
        return { unsigned: await answers, ...during, half: await stranded(inbound, half, unknown) };
      },
    ),
    await under(`${half} half posts to a genuine token`, (inbound) => stranded(inbound, half, genuineToken(inbound))),
  ];
  results.push(
    await under(
      `${bigMails} mails of 30 MB`,
      async (inbound) => {
        const answers = mails(inbound, bigMails, 30);
        const during = await meanwhile(inbound);
        return { mails: await answers, ...during };
      },
      MAILS_PEAK_MIB_MAX,
    ),
  );
  for (const networks of [1, 200]) {
    results.push(
      await under(`${forgeries} forged bodies of 2 MiB, one byte short, from ${networks} networks`, async (inbound) => {
        void forged(inbound, { count: forgeries, bytes: 2 * MIB - 1, networks });
        await delay(1_500);
        return meanwhile(inbound);
      }),
    );
  }
  process.exitCode = results.every(Boolean) ? 0 : 1;
}

await new Command('doors')
  .description(
    'What strangers can do to inbound without a key: bodies, forged signatures and half posts at once, with ' +
      'genuine webhooks among them. Exit 1 when it ends, takes more than 300 MiB, or more than 400 by mails.',
  )
  .option('--bodies <n>', 'unsigned bodies at once', positive, 100)
  .option('--mib <n>', 'of so many MiB', positive, 15.9)
  .option('--forged <n>', 'bodies with a forged signature that never end', positive, 100)
  .option('--mails <n>', 'mails of 30 MB at once', positive, 60)
  .option('--half <n>', 'half posts', positive, 10_000)
  .showHelpAfterError()
  .action(run)
  .parseAsync();
process.exit();
