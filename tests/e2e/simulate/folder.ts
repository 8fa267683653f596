import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readFolder } from '@leadstream/service/sequence-store';

const SEQUENCE = `
id: content-nurture
version: 1
name: Content nurture
description: With all that a definition can say.
rank: 10
triggers: [source:whitepaper, source:webinar, source:other]
stopWhen: [customer]
assign: by-country
holidays: by-country
steps:
  - id: first
    action: first-mail
    variants: [first-short, first-long]
    channel: email
    audience: lead
    wait: { min: PT3M, max: PT7M }
    window: business-hours
    latenessMax: PT4H
  - id: second
    action: second-mail
    channel: email
    audience: lead
    wait: { min: P1D, max: P3D }
    window: { days: [2, 3, 4], from: '07:00', to: '12:00' }
    latenessMax: PT1H
    whenLate: skip
    thread: true
  - id: third
    action: third-mail
    channel: email
    audience: lead
    wait: { fixed: P1D }
    window: business-hours
    when: { happened: [clicked] }
`;
const mail = (subject: string): string => `---\nsubject: ${JSON.stringify(subject)}\n---\nHello.\n`;

/** The repository's sequences with a richer content-nurture, in a folder of its own. */
export async function richFolder(): Promise<{ dir: string; files: Record<string, string> }> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-simulated-'));
  const files = {
    ...Object.fromEntries(
      Object.entries(await readFolder('sequences')).filter(([name]) => !name.endsWith('.spec.yaml')),
    ),
    'content-nurture/sequence.yaml': SEQUENCE,
    'content-nurture/first-short.md': mail('Short'),
    'content-nurture/first-long.md': mail("Long, {{ first_name | fallback: 'you' }}"),
    'content-nurture/third-mail.md': mail('You have clicked'),
    'reps.yaml':
      'version: 1\nreps:\n  - { id: ana, name: Ana Ruiz, email: ana@example.com, countries: [DE, JP] }\n' +
      '  - { id: ben, name: Ben Lee, email: ben@example.com }\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return { dir, files };
}
