import { expect, it } from '@jest/globals';
import { readFolder } from '@leadstream/service/sequence-store';
import { parseFolder } from './folder.ts';
import { previewOf } from './preview.ts';

const files = await readFolder('sequences');
const settings = {
  fromName: 'Sam of Acme',
  postalAddress: '1 Acme Road',
  bookingUrl: 'https://book.acme.example/demo',
  publicUrl: 'https://acme.example/',
};
const shown = (changed: Record<string, string> = {}) => previewOf(parseFolder({ ...files, ...changed }), settings);
const stepOf = (id: string, action: string, changed?: Record<string, string>) =>
  shown(changed)
    .find(({ sequence }) => sequence.id === id)
    ?.steps.find(({ step }) => step.action === action);

it('the preview has every step of every sequence, for a full and for an empty lead', () => {
  const { sequences } = parseFolder(files);
  expect(shown().map(({ sequence, steps }) => [sequence.id, steps.length])).toEqual(
    sequences.map(({ id, steps }) => [id, steps.length]),
  );
  for (const { steps } of shown())
    for (const { mails } of steps) {
      expect([...new Set(mails.map(({ lead }) => lead))]).toEqual(['full', 'empty']);
      for (const { mail, fault } of mails)
        expect([fault, mail?.text.trim()]).toEqual([undefined, expect.stringMatching(/./)]);
    }
});

it('a full lead’s mail names the person and the content, an empty one’s has the fallbacks', () => {
  const mails = stepOf('content-nurture', 'first-mail')?.mails ?? [];
  expect(mails.find(({ lead }) => lead === 'full')?.mail?.text).toMatch(
    /Jane[^]*Kubernetes[^]*No more mails: https:\/\/acme\.example\/u\//i,
  );
  expect(mails.filter(({ lead }) => lead === 'empty').map(({ mail }) => mail?.text)).not.toContainEqual(
    expect.stringMatching(/Jane|undefined/),
  );
});

it('a full lead of a sequence with reps gets the mails in the name of one', () => {
  const reps = {
    'reps.yaml': 'version: 1\nreps: [{ id: ana, name: Ana Lopez, email: ana@acme.example }]\n',
    'content-nurture/sequence.yaml': `${files['content-nurture/sequence.yaml']}assign: round-robin\n`,
  };
  expect(stepOf('content-nurture', 'first-mail', reps)?.mails[0]?.mail?.text).toContain('Ana Lopez');
});

it('tags that make the same mail are shown once, and others apart', () => {
  const tags = (stepOf('content-nurture', 'first-mail')?.mails ?? [])
    .filter(({ lead }) => lead === 'full')
    .map((mail) => mail.tags);
  expect(tags.flat().sort()).toEqual(['source:other', 'source:webinar', 'source:whitepaper']);
  expect(tags.length).toBeGreaterThan(1);
  const plain = { 'content-nurture/first-mail.md': '---\nsubject: Hello\n---\nHello, and goodbye.' };
  expect(stepOf('content-nurture', 'first-mail', plain)?.mails.map(({ lead, tags }) => [lead, tags.length])).toEqual([
    ['full', 3],
    ['empty', 3],
  ]);
});

it('a mail that cannot be written says why, and the others are shown', () => {
  const broken = { 'sales-demo/confirmation.md': '---\nsubject: Hello\n---\nHello {{ first_name }}\n' };
  const mails = stepOf('sales-demo', 'confirmation', broken)?.mails ?? [];
  expect(mails.map(({ lead, mail, fault }) => [lead, mail !== undefined, fault !== undefined])).toContainEqual([
    'empty',
    false,
    true,
  ]);
  expect(stepOf('sales-demo', 'rep-notification', broken)?.mails[0]?.mail?.text).toContain('Jane');
});
