import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { anyText } from '@leadstream/testing/any-text';
import { parseFolder } from './folder.ts';
import { lint } from './lint.ts';
import { renderStep } from './render.ts';
import { route, routeByTag } from './routes.ts';
import { TOKENS } from './template-tokens.ts';

const root = new URL('../../../sequences/', import.meta.url);
const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(yaml|md)$/.test(path));
const files = Object.fromEntries(
  paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(new URL(path, root), 'utf8')]),
);
const folder = parseFolder(files);
const { routes, sequences } = folder;
if (!routes) throw new Error('there are no routes');
const sequenceNamed = (id: string) => sequences.find((sequence) => sequence.id === id);

describe('the sequences of this repository', () => {
  it('have no problem', () => {
    expect(lint(folder)).toEqual([]);
  });

  it('have none with the examples of docs/sequences.md in their place', () => {
    const guide = readFileSync(new URL('../../../docs/sequences.md', import.meta.url), 'utf8');
    const [, , sequence = '', template = ''] =
      /^## Write one$[^]*?^```(yaml)\n([^]*?)^```$[^]*?^```markdown\n([^]*?)^```$/m.exec(guide) ?? [];
    const underTitle = (title: string): string =>
      new RegExp(`^## ${title}$[^]*?^\`\`\`yaml\\n([^]*?)^\`\`\`$`, 'm').exec(guide)?.[1] ?? 'missing: true';
    const shown = parseFolder({
      ...files,
      'content-nurture/sequence.yaml': `${sequence}${underTitle('Frame it')}`,
      'content-nurture/first-mail.md': template,
      'content-nurture/first-mail-short.md': template,
      'reps.yaml': underTitle('Give leads to reps'),
      'tags.yaml': underTitle('Tag leads by rules'),
    });
    expect(lint(shown)).toEqual([]);
    expect(shown.sequences.find(({ id }) => id === 'content-nurture')).toMatchObject({ version: 2, frame: {} });
  });

  it('content nurture is two mails to the lead, minutes and two days later, in one thread', () => {
    expect(sequenceNamed('content-nurture')?.steps).toMatchObject([
      { audience: 'lead', wait: { min: 'PT3M', max: 'PT7M' }, window: 'business-hours' },
      { audience: 'lead', wait: { fixed: 'P2D' }, window: 'business-hours', thread: true },
    ]);
    expect(sequenceNamed('content-nurture')?.steps).toHaveLength(2);
  });

  it('a demo request notifies the rep at once, then is confirmed to the lead in business hours', () => {
    const steps = sequenceNamed('sales-demo')?.steps;
    expect(steps).toMatchObject([
      { audience: 'staff', window: 'none' },
      { audience: 'lead', wait: { min: 'PT3M', max: 'PT7M' }, window: 'business-hours' },
    ]);
    expect(steps?.[0]?.wait).toBeUndefined();
  });

  it('the copy names the content, a webinar as a webinar', () => {
    const nurture = sequenceNamed('content-nurture');
    const text = (tokens: Record<string, string>) => nurture && renderStep(nurture, 'first', tokens).text;
    expect(text({ kind: 'whitepaper', content_title: 'our guide on costs' })).toContain(
      'you downloaded our guide on costs.',
    );
    expect(text({ kind: 'whitepaper' })).toContain('you downloaded our guide.');
    expect(text({ kind: 'webinar' })).toContain('you signed up for our webinar.');
    expect(text({ kind: 'other' })).not.toMatch(/guide|webinar/);
  });
});

describe('the source of a lead decides its sequence', () => {
  it.each([
    ['whitepaper', 'content-nurture', 'source:whitepaper'],
    ['content_download_kubernetes_guide', 'content-nurture', 'source:whitepaper'],
    ['webinar', 'content-nurture', 'source:webinar'],
    ['webinar_2026_autumn', 'content-nurture', 'source:webinar'],
    ['demo_request', 'sales-demo', 'source:demo_request'],
    ['contact_form', 'sales-demo', 'source:contact_form'],
    ['calendly', 'booked-meeting', 'source:booking'],
    [' Demo_Request ', 'sales-demo', 'source:demo_request'],
    ['demo_request_2', 'content-nurture', 'source:other'],
    ['pricing_page', 'content-nurture', 'source:other'],
    ['', 'content-nurture', 'source:other'],
    ['*', 'content-nurture', 'source:other'],
    ['__proto__', 'content-nurture', 'source:other'],
  ])('%j goes to %s', (source, sequence, tag) => {
    expect(route(source, routes, sequences)).toMatchObject({ sequence, tag });
  });

  it('a demo request outranks a nurture', () => {
    expect(route('demo_request', routes, sequences).rank).toBeGreaterThan(route('whitepaper', routes, sequences).rank);
  });

  it('a booked meeting outranks the mail that asks for one, and tells the rep alone', () => {
    const booked = route('calendly', routes, sequences);
    expect(booked.rank).toBeGreaterThan(route('demo_request', routes, sequences).rank);
    const sequence = sequences.find(({ id }) => id === booked.sequence);
    expect(sequence?.steps.map(({ audience }) => audience)).toEqual(['staff']);
  });

  it('a lead that submits again after a stop gets no mail, and the rep is notified', () => {
    const returning = routeByTag(routes.returning.tag, sequences);
    const sequence = sequences.find(({ id }) => id === returning.sequence);
    expect(sequence?.steps.map(({ audience }) => audience)).toEqual(['staff']);
  });
});

describe('every mail of this repository', () => {
  const steps = sequences.flatMap((sequence) => sequence.steps.map((step) => ({ sequence, step })));
  const hostile = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      'undefined',
      'null',
      '[object Object]',
      '{{ email }}',
      '{% if %}',
      '<script>',
      '[x](https://evil.test)',
      '\r\nBcc: x',
      '*',
      '\ue000',
      '\ue0000041\ue001',
      '\ud800',
    ),
    anyText({ maxLength: 300 }),
    fc.lorem(),
  );
  const kind = fc.constantFrom('webinar', 'whitepaper', 'demo_request', 'contact_form', 'other', undefined);
  const anyTokens = fc
    .tuple(fc.dictionary(fc.constantFrom(...Object.keys(TOKENS)), hostile), kind)
    .map(([some, one]) => ({ ...some, kind: one ?? some['kind'] }));

  it.each(steps.map(({ sequence, step }) => [`${sequence.id} ${step.id}`, sequence, step.id] as const))(
    '%s is rendered whole with missing and hostile values',
    (_, sequence, stepId) => {
      fc.assert(
        fc.property(anyTokens, (tokens) => {
          const mail = renderStep(sequence, stepId, tokens);
          expect(mail.subject).toMatch(/^\S[^\r\n\0]{0,149}$/);
          expect(mail.html.replace(/<\/?(p|ul|li)>|<br>|<a href="https?:\/\/[^"<>\s]*">|<\/a>/g, '')).not.toMatch(
            /[<>]/,
          );
          expect(renderStep(sequence, stepId, tokens)).toEqual(mail);
        }),
        { numRuns: 100 },
      );
    },
  );

  it.each(steps.map(({ sequence, step }) => [`${sequence.id} ${step.id}`, sequence, step.id] as const))(
    '%s shows no hole with any value missing',
    (_, sequence, stepId) => {
      const known = fc
        .subarray(Object.keys(TOKENS))
        .map((names) => Object.fromEntries(names.map((name) => [name, 'Word'])));
      fc.assert(
        fc.property(known, kind, (tokens, one) => {
          const { subject: line, text } = renderStep(sequence, stepId, { ...tokens, kind: one });
          expect(`${line}\n${text}`).not.toMatch(
            /\{\{|\}\}|\{%|undefined|null|\[object|[\ue000\ue001]| ,| \.|^- .*: *$|, *, | {2}|\(\)/m,
          );
        }),
        { numRuns: 100 },
      );
    },
  );
});
