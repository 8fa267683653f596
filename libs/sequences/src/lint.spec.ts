import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseFolder } from './folder.ts';
import { lint } from './lint.ts';

const SEQUENCE = `id: welcome
version: 1
name: Welcome
description: Greets.
rank: 1
triggers: [source:other]
steps:
  - id: hello
    action: hello
    channel: email
    audience: lead
    wait: { min: PT3M, max: PT7M }
    window: business-hours
    latenessMax: PT4H
  - id: again
    action: again
    channel: email
    audience: lead
    wait: { fixed: P2D }
    window: { days: [1, 2, 3, 4, 5], from: '09:15', to: '17:30' }
    thread: true
  - id: tell
    action: tell
    channel: email
    audience: staff
    window: none
`;
const ROUTES = `id: initial-triage
version: 1
routes:
  - sources: [whitepaper]
    tag: source:other
default: { tag: source:other }
returning: { tag: source:other }
`;
const GOOD: Record<string, string> = {
  'welcome/sequence.yaml': SEQUENCE,
  'welcome/hello.md': "---\nsubject: Hello\n---\nHi {{ first_name | fallback: 'there' }},\n\nwelcome.\n",
  'welcome/again.md': 'Again.\n',
  'welcome/tell.md': "---\nsubject: New lead\n---\n{{ email | fallback: 'no address' }}\n",
  'initial-triage/routes.yaml': ROUTES,
};

const found = (files: Record<string, string>) =>
  lint(parseFolder(files)).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
/** The problems after the replacement of one text in one file. */
const planted = (file: string, from: string, to: string) => {
  const text = GOOD[file] ?? '';
  expect(text).toContain(from);
  return found({ ...GOOD, [file]: text.replace(from, to) });
};
const inBody = (body: string) => found({ ...GOOD, 'welcome/hello.md': `---\nsubject: Hello\n---\nHi,\n\n${body}\n` });
const SIX = 'welcome/hello.md:6';

it.each([
  ['About {{ company | fallback: "you" }}', true],
  ['a: b', false],
])('a problem of YAML in the subject %s has the line of the file, and a hint if quotes help', (subject, helps) => {
  const [problem] = lint(parseFolder({ ...GOOD, 'welcome/hello.md': `---\nsubject: ${subject}\n---\nHi.\n` }));
  expect(problem).toMatchObject({ file: 'welcome/hello.md', line: 2, rule: 'yaml' });
  expect(problem?.message.includes('must stand in "double quotes"')).toBe(helps);
  expect(problem?.message).not.toContain('at line');
});

describe('a definition is deployed only if', () => {
  it.each([
    ['when: {}', 'welcome/sequence.yaml:15 condition'],
    ['when: { tagged: [vip], notTagged: [vip] }', 'welcome/sequence.yaml:15 unreachable'],
    ['when: { happened: [clicked], notHappened: [clicked] }', 'welcome/sequence.yaml:15 unreachable'],
    ['when: { notTagged: [source:other] }', 'welcome/sequence.yaml:15 unreachable'],
    ['when: { happened: [opened] }', 'welcome/sequence.yaml:15 schema'],
    ['when: { tag: [vip] }', 'welcome/sequence.yaml:15 schema'],
  ])('a step can be sent: %s', (when, problem) => {
    const [step, ...more] = planted(
      'welcome/sequence.yaml',
      '    latenessMax: PT4H',
      `    latenessMax: PT4H\n    ${when}`,
    );
    expect(step).toBe(problem);
    expect(more.every((one) => one.endsWith(' thread'))).toBe(true);
  });

  it('each variant has a text of its own, which is checked like the first', () => {
    const variants = (names: string, files: Record<string, string> = {}) =>
      found({
        ...GOOD,
        ...files,
        'welcome/sequence.yaml': SEQUENCE.replace('hello\n    channel', `hello\n    variants: [${names}]\n    channel`),
      });
    expect(variants('short')).toEqual(['welcome/sequence.yaml:10 unknown-template']);
    expect(variants('hello')).toEqual(['welcome/sequence.yaml:10 unreachable']);
    const short = { 'welcome/short.md': '---\nsubject: Hi\n---\nHi {{ first_name }}.\n' };
    expect(variants('short', short)).toEqual(['welcome/short.md:4 fallback']);
    expect(variants('short', { 'welcome/short.md': 'Hi.\n' })).toEqual(['welcome/short.md:2 subject']);
  });

  it('a follow-up goes on with a mail that is always sent', () =>
    expect(
      planted('welcome/sequence.yaml', '    latenessMax: PT4H', '    latenessMax: PT4H\n    when: { tagged: [vip] }'),
    ).toEqual(['welcome/sequence.yaml:22 thread']));

  it('no tag both starts and ends it, and no step asks for a tag that ends it', () => {
    const ends = (tag: string) => planted('welcome/sequence.yaml', 'steps:', `stopWhen: [${tag}]\nsteps:`);
    expect(ends('customer')).toEqual([]);
    expect(ends('source:other')).toEqual(['welcome/sequence.yaml:7 unreachable']);
    const when = SEQUENCE.replace('    thread: true', '    thread: true\n    when: { tagged: [customer] }');
    const files = { ...GOOD, 'welcome/sequence.yaml': when.replace('steps:', 'stopWhen: [customer]\nsteps:') };
    expect(found(files)).toEqual(['welcome/sequence.yaml:23 unreachable']);
  });

  it('it has no problem', () => {
    expect(found(GOOD)).toEqual([]);
  });

  it.each([
    ['every token has a fallback', '{{ first_name }}', 'fallback'],
    ['every fallback has words', "{{ first_name | fallback: ' ' }}", 'fallback'],
    ['a fallback is written out, not another token', '{{ first_name | fallback: company }}', 'fallback'],
    [
      'the fallback comes last, so that no filter can empty it',
      "{{ first_name | fallback: 'there' | strip }}",
      'fallback',
    ],
    ['its quotes are straight', '{{ first_name | fallback: ‘there’ }}', 'typographic-quote'],
    ['each token exists', "{{ frist_name | fallback: 'there' }}", 'unknown-token'],
    ['no token reaches into a value', "{{ first_name.constructor | fallback: 'there' }}", 'unknown-token'],
    ['no token comes from an object’s prototype', "{{ constructor | fallback: 'there' }}", 'unknown-token'],
    ['each token of a condition exists', '{% if knid %}a{% endif %}', 'unknown-token'],
    ['an output shows a token', "{{ 'x' | fallback: 'there' }}", 'unknown-token'],
    ['a lead is not shown what staff may see', "{{ details | fallback: 'nothing' }}", 'staff-token'],
    ['each filter is one we know', "{{ first_name | raw | fallback: 'there' }}", 'filter'],
    ['each tag is one we know', '{% assign x = 1 %}', 'tag'],
    ['no file is included', "{% include 'x' %}", 'tag'],
    ['each condition is closed', '{% if kind %}a', 'liquid'],
    ['each output is closed', '{{ first_name', 'liquid'],
    ['a link goes to https', '[here](http://example.com)', 'link'],
    ['a bare address goes to https', 'See http://example.com', 'link'],
    ['a link runs no script', '[here](javascript:alert(1))', 'link'],
    ['a link’s target is not made of a value', "[here]({{ booking_url | fallback: 'https://example.com' }})", 'link'],
    ['it has no HTML', 'a <b>word</b>', 'markup'],
    ['it has no image', '![logo](https://example.com/logo.png)', 'markup'],
  ])('%s', (_, body, rule) => {
    expect(new Set(inBody(body))).toEqual(new Set([`${SIX} ${rule}`]));
  });

  it.each([
    ['is empty when nothing is known of the lead', '{% if kind %}x{% endif %}'],
    ['shows what a broken program shows', 'Hi undefined,'],
  ])('no mail %s', (_, body) => {
    const files = { ...GOOD, 'welcome/hello.md': `---\nsubject: Hello\n---\n${body}\n` };
    expect(new Set(found(files))).toEqual(new Set(['welcome/hello.md:4 unrenderable']));
  });

  it('its comments contain nothing that is wrong outside of them', () => {
    expect(inBody('{% comment %}{{ anything }} {% for %}{% endcomment %}')).toEqual([]);
  });

  it.each([
    ['every token of a subject has a fallback', 'subject: Hello', 'subject: Hello {{ first_name }}', 'fallback'],
    ['a mail has a subject', 'subject: Hello\n', '', 'subject'],
    ['a subject is one line', 'subject: Hello', 'subject: "Hello\\nBcc: x"', 'subject'],
    ['front matter holds a subject and nothing else', 'subject: Hello', 'subjct: Hello', 'schema'],
    ['front matter is YAML', 'subject: Hello', 'subject: "Hello', 'yaml'],
  ])('%s', (_, from, to, rule) => {
    expect(planted('welcome/hello.md', from, to)).toContainEqual(
      expect.stringMatching(new RegExp(`^welcome/hello.md:[1-3] ${rule}$`)),
    );
  });

  it('front matter is closed', () => {
    expect(found({ ...GOOD, 'welcome/again.md': '---\nAgain.\n' })).toContain('welcome/again.md:1 front-matter');
  });

  it('a follow-up has no subject of its own, because it would never be shown', () => {
    expect(found({ ...GOOD, 'welcome/again.md': '---\nsubject: Again\n---\nAgain.\n' })).toEqual([
      'welcome/again.md:2 subject',
    ]);
  });

  it('a template has a body', () => {
    expect(found({ ...GOOD, 'welcome/again.md': '\n' })).toEqual(['welcome/again.md:1 empty']);
  });

  it.each([
    [
      'each step has its template',
      'action: tell',
      'action: tel',
      ['tell.md:4 unused-template', 'sequence.yaml:23 unknown-template'],
    ],
    ['no step hides behind another of its name', 'id: again', 'id: hello', ['sequence.yaml:15 unreachable']],
    ['a step gets time enough to go out', 'latenessMax: PT4H', 'latenessMax: PT1M', ['sequence.yaml:14 unreachable']],
    ['it is late only where it can be', 'latenessMax: PT4H', 'whenLate: skip', ['sequence.yaml:14 unreachable']],
    ['min is not longer than max', 'min: PT3M', 'min: PT1H', ['sequence.yaml:12 min-max']],
    ['min and max are compared as time, not as text', '{ min: PT3M, max: PT7M }', '{ min: PT60M, max: PT1H }', []],
    ['its window opens', "from: '09:15'", "from: '18:15'", ['sequence.yaml:20 window']],
    ['its window is in times of the day', "to: '17:30'", "to: '25:00'", ['sequence.yaml:20 window']],
    [
      'its business hours open',
      'steps:\n',
      "businessHours: { from: '18:00', to: '09:00' }\nsteps:\n",
      ['sequence.yaml:7 window'],
    ],
    ['a lead is not answered at once', '    wait: { min: PT3M, max: PT7M }\n', '', ['sequence.yaml:8 wait']],
    ['a lead is not written to at night', 'window: business-hours', 'window: none', ['sequence.yaml:13 window']],
    ['a follow-up follows a mail', '    latenessMax: PT4H\n', '    thread: true\n', ['sequence.yaml:14 thread']],
    ['its id is the name of its folder', 'id: welcome', 'id: goodbye', ['sequence.yaml:1 id']],
    ['it has no unknown key', 'rank: 1', 'rang: 1', ['sequence.yaml:1 schema', 'sequence.yaml:1 schema']],
    ['its version is a whole number', 'version: 1', 'version: 1.5', ['sequence.yaml:2 schema']],
    ['a duration has one length', 'fixed: P2D', 'fixed: P2M', ['sequence.yaml:19 schema']],
    ['it is YAML', 'rank: 1', 'rank: 1: 2', ['sequence.yaml:5 yaml']],
    [
      'something gives its trigger',
      '[source:other]',
      '[source:other, source:othr]',
      ['sequence.yaml:6 unknown-trigger'],
    ],
  ])('%s', (_, from, to, problems) => {
    const all = planted('welcome/sequence.yaml', from, to);
    for (const problem of problems) expect(all).toContainEqual(expect.stringContaining(problem));
    if (problems.length === 0) expect(all).toEqual([]);
  });
});

describe('routes are deployed only if', () => {
  it.each([
    [
      'each tag triggers a sequence',
      'default: { tag: source:other }',
      'default: { tag: source:rest }',
      ['initial-triage/routes.yaml:6 tag-without-sequence'],
    ],
    [
      'a source is routed once',
      '[whitepaper]',
      '[whitepaper, Whitepaper]',
      ['initial-triage/routes.yaml:4 source-twice'],
    ],
    ['a wildcard stands at the end', '[whitepaper]', '["*paper"]', ['initial-triage/routes.yaml:4 schema']],
    ['there is a default', 'default: { tag: source:other }\n', '', ['initial-triage/routes.yaml:1 schema']],
  ])('%s', (_, from, to, problems) => {
    expect(planted('initial-triage/routes.yaml', from, to)).toEqual(problems);
  });

  it('a tag triggers one sequence, not several', () => {
    const twin = Object.fromEntries(
      Object.entries(GOOD)
        .filter(([path]) => path.startsWith('welcome/'))
        .map(([path, text]) => [path.replace('welcome', 'twin'), text.replace('id: welcome', 'id: twin')]),
    );
    expect(found({ ...GOOD, ...twin })).toEqual(
      [5, 6, 7].map((line) => `initial-triage/routes.yaml:${line} tag-with-sequences`),
    );
  });

  it('every file is read', () => {
    const stray = {
      'welcome/extra.yaml': '',
      'welcome2/sequence.yml': '',
      'welcome2/hello.md': '',
      'README.md': '',
      'welcome/README.md': '',
      'notes.txt': '',
    };
    expect(found({ ...GOOD, ...stray })).toEqual(
      ['welcome/extra.yaml', 'welcome2/hello.md', 'welcome2/sequence.yml'].map((file) => `${file}:undefined stray`),
    );
  });

  it('they exist exactly once', () => {
    const { 'initial-triage/routes.yaml': routes = '', ...rest } = GOOD;
    expect(found(rest)).toEqual(['initial-triage/routes.yaml:undefined routes']);
    expect(found({ ...GOOD, 'z/routes.yaml': routes })).toEqual(['z/routes.yaml:undefined routes']);
  });
});

describe('a report', () => {
  it('names every problem at once, by file and line', () => {
    expect(
      found({
        ...GOOD,
        'welcome/hello.md': '---\nsubject: Hello {{ a }}\n---\n{{ b }}\n{{ company }}\n',
        'welcome/spare.md': 'x',
      }),
    ).toEqual([
      'welcome/hello.md:2 unknown-token',
      'welcome/hello.md:2 fallback',
      'welcome/hello.md:4 unknown-token',
      'welcome/hello.md:4 fallback',
      'welcome/hello.md:5 fallback',
      'welcome/spare.md:1 unused-template',
    ]);
  });

  it('does not blame the routes for a sequence that could not be read', () => {
    expect(
      planted('welcome/sequence.yaml', 'rank: 1', 'rank: 1: 2').filter((problem) =>
        problem.startsWith('initial-triage'),
      ),
    ).toEqual([]);
  });

  it('is the same with the line ends of Windows', () => {
    expect(
      found(Object.fromEntries(Object.entries(GOOD).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]))),
    ).toEqual([]);
  });

  it('of a deployed definition names its template', () => {
    const [sequence] = parseFolder({ ...GOOD, 'welcome/again.md': 'Again.\n{{ company }}\n' }).sequences;
    expect(sequence && lint(sequence)).toMatchObject([{ file: 'welcome/again.md', line: 2, rule: 'fallback' }]);
  });

  it('is made for any text of an author', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '{{',
        '}}',
        '{%',
        '%}',
        '|',
        ' ',
        '\n',
        "'",
        'fallback:',
        'if',
        'endif',
        'comment',
        'raw',
        'company',
        '[',
        '](',
        ')',
        '<',
        '---',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        for (const file of Object.keys(GOOD)) expect(Array.isArray(found({ ...GOOD, [file]: text }))).toBe(true);
        expect(Array.isArray(inBody(text))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
