import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import type { Said } from './testing/command.ts';

const ENTRY = ['--conditions=@leadstream/source', 'apps/leadctl/src/main.ts'];

/** A process of its own: what the other specs call in theirs is started here as operators start it. */
const leadctl = (...args: string[]): Promise<Omit<Said, 'code'> & { code: number | null }> =>
  new Promise((resolve) => {
    const argv = [...ENTRY, ...args];
    const child = execFile(
      process.execPath,
      argv,
      { env: { ...process.env, NATS_URL: 'nats://127.0.0.1:1' } },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    );
  });

it.each([
  ['a command that is done', ['sequences', 'lint'], { code: 0, out: 'no problems\n', err: '' }],
  ['--help', ['--help'], { code: 0, out: expect.stringMatching(/^Usage: leadctl /), err: '' }],
  [
    'a command that fails',
    ['quarantine', 'list'],
    { code: 1, out: '', err: expect.stringMatching(/^leadctl: no NATS/) },
  ],
  [
    'one without its arguments',
    ['lead', 'show'],
    { code: 1, out: '', err: expect.stringContaining('missing required') },
  ],
  ['an exit code of its own', ['restore', 'status'], { code: 2, out: '', err: expect.stringContaining('no NATS') }],
])('%s ends the process with its exit code, what it says and what it complains about', async (_, args, said) => {
  expect(await leadctl(...args)).toEqual(said);
});

it('ends silently, with the exit code of SIGPIPE, when the reader of its output has enough', async () => {
  const child = spawn(process.execPath, [...ENTRY, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [err] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ code: child.exitCode, err }).toEqual({ code: 141, err: '' });
});
