import { startSandbox } from '@leadstream/sandbox-esp/sandbox';

/**
 * The sandbox ESP in a process of its own: its work is not counted, like a real provider's. Reports each mail's
 * recipient to its parent.
 */
const [eventUrl] = process.argv.slice(2);
/** Like SendGrid's: many mails' events in one post. */
const GATHER_MS = 100;
const sandbox = await startSandbox({
  ...(eventUrl ? { eventUrl } : {}),
  gatherMs: GATHER_MS,
  log: (line) => {
    const [, accepted] = /^accepted \S+ to (\S+):/.exec(line) ?? [];
    if (accepted) process.send?.({ accepted });
  },
});
process.send?.({ url: sandbox.url, publicKey: sandbox.publicKey });
process.on('disconnect', () => process.exit());
