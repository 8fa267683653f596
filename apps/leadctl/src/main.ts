import { leadctl } from './program.ts';
import { processTerminal } from './terminal.ts';

/** The shells' exit code of a program that SIGPIPE ended. */
const PIPE_CLOSED = 128 + 13;
// Node.js ignores SIGPIPE, and `leadctl … | head` would end with the stack of an EPIPE.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(PIPE_CLOSED);
    throw error;
  });

const code = await leadctl(process.argv.slice(2), processTerminal);
// A failed command may have left a request open. Its output is flushed first.
if (code !== 0) process.stdout.write('', () => process.exit(code));
