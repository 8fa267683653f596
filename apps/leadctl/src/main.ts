import { leadctl } from './program.ts';
import { processTerminal } from './terminal.ts';

const code = await leadctl(process.argv.slice(2), processTerminal);
// A command that failed may have left a request open. What it said is written first.
if (code !== 0) process.stdout.write('', () => process.exit(code));
