import { leadctl } from './program.ts';
import { processTerminal } from './terminal.ts';

const code = await leadctl(process.argv.slice(2), processTerminal);
// A failed command may have left a request open. Its output is flushed first.
if (code !== 0) process.stdout.write('', () => process.exit(code));
