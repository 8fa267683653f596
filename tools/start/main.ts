import { Command } from 'commander';
import { startLocalStack } from './local-stack.ts';
import { follow, sendSample, SampleFailed } from './sample.ts';

const ONCE_MS_MAX = 90_000;

interface Options {
  once?: boolean;
  sample: boolean;
  realTime?: boolean;
  oneProcess?: boolean;
  canary?: boolean;
}

const program = new Command('npm start --')
  .description(
    'Starts Leadstream on this machine: NATS, MongoDB, a sandbox ESP and all services, and sends one sample lead.',
  )
  .option('--once', 'reply to the sample’s first mail, and exit 0 when its way has ended as it should')
  .option('--no-sample', 'send no sample lead')
  .option('--real-time', 'wait as long as the sequences define, in business hours')
  .option('--one-process', 'all services in one process, on the port of ingest')
  .option('--canary', 'two canary leads a minute, by the watch; waits are scaled less (docs/observability.md)')
  .showHelpAfterError()
  .action(async ({ once = false, sample, realTime = false, oneProcess = false, canary = false }: Options) => {
    await using stack = await startLocalStack({ realTime, oneProcess, canary, print });
    const leaving = stopSignal();
    if (once) {
      const left = leaving.then(() => {
        throw new SampleFailed('stopped before the sample’s way had ended');
      });
      return await Promise.race([runOnce(stack), left]);
    }
    print(stack.welcome());
    if (sample)
      void sendSample(stack, print)
        .then((lead) => follow(stack, lead, print))
        .catch((error: unknown) => print(String(error)));
    await leaving;
  });

await program.parseAsync().catch((error: unknown) => {
  print(error instanceof SampleFailed || error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
process.exit();

async function runOnce(stack: Awaited<ReturnType<typeof startLocalStack>>): Promise<void> {
  const lead = await sendSample(stack, print);
  await follow(stack, lead, print, { replyOnce: true, timeoutMs: ONCE_MS_MAX });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        print('\nstopping …');
        resolve();
      });
    }
  });
}
