import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CLIENTS = join(import.meta.dirname, '../../docs/clients');
/** The examples of docs/publish.md, with the names of their languages for a page. */
const LANGUAGES = { 'lead.ts': 'ts', 'lead.py': 'python', 'go/main.go': 'go', 'lead.sh': 'sh' };

/** Each example as a block of code. */
export const clients = (): [name: string, text: string][] =>
  Object.entries(LANGUAGES).map(([file, language]) => [
    `client ${file}`,
    `\`\`\`${language}\n${readFileSync(join(CLIENTS, file), 'utf8').trimEnd()}\n\`\`\``,
  ]);
