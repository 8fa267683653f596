import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { leadCreated } from '@leadstream/contracts/lead-created';
import { isOutcomeType, outcomes } from '@leadstream/contracts/public';
import { propertyNames } from '@leadstream/providers/hubspot/properties';
import { PROJECTOR } from '@leadstream/projection/collections';
import { mongoUsers } from '@leadstream/service/rights/mongo';
import * as past from '@leadstream/testing/builders';
import { documents, generate, outdated, pages, ROOT, texts } from './documents.ts';
import { lists } from './lists.ts';
import { filled, namesIn } from './pages.ts';
import { described as leadCreatedSchema, events, told } from './schemas.ts';
import { variablesOnlyOf } from './variables.ts';

const read = (path: string): string => readFileSync(join(ROOT, 'docs', path), 'utf8');
const published = (type: string) =>
  z.fromJSONSchema(
    JSON.parse(
      read(`schemas/${type}.v${events.find((event) => event.type === type)?.version ?? 1}.json`),
    ) as z.core.JSONSchema.JSONSchema,
  );

/** Made once for all tests but the one that makes them anew. */
const made = await documents();
const asyncapi: unknown = parse(read('asyncapi.yaml'));

const lead = {
  email: 'jane@example.com',
  phone: null,
  leadData: { source: 'demo_request', utm: { utm_term: 'cost' } },
  loyaltyTier: 'gold',
};

describe('the committed documents', () => {
  // To repair it: npm run docs:generate, and read the difference.
  it('match the code: a reviewer sees each change of the contract', async () => {
    expect(await outdated(ROOT, made)).toEqual([]);
  });

  it('have a schema, a row and a section for every event', () => {
    for (const { type, token } of events) {
      expect(read('events.md')).toContain(`| [${type}](#${type.replace('.', '')}) | \`leads.<leadId>.${token}\` |`);
      expect(read('events.md')).toContain(`\n## ${type}\n`);
    }
  });

  it('include every metric of the services, also one that is created later', () => {
    for (const name of [
      'feedback_seconds',
      'http_held_bytes',
      'hunt_conflicts_total',
      'events_total',
      'unproven_answers_total',
    ]) {
      expect(read('metrics.md')).toContain(`| \`leadstream_${name}\` |`);
    }
  });

  it('accept a complete lead', () => {
    expect(published('lead.created').safeParse(lead).success).toBe(true);
  });

  it.each([
    ['without an address', { ...lead, email: undefined }],
    ['without a source', { ...lead, leadData: {} }],
    ['with a source that is no text', { ...lead, leadData: { source: 7 } }],
  ])('refuse a lead %s', (_, refused) => {
    expect(published('lead.created').safeParse(JSON.parse(JSON.stringify(refused))).success).toBe(false);
  });

  it.each([
    past.triaged(),
    past.enrolled(),
    past.stepDue(),
    past.claimed(),
    past.sent(),
    past.deferred(),
    past.failed(),
    past.skipped('window'),
    past.unknown(),
    past.nextPlanned(),
    past.completed,
    past.delivered(),
    past.bounced,
    past.complained,
    past.unsubscribed,
    past.replied(),
    past.paused,
    past.resumed,
  ])('take a $type as it is written', ({ type, data }) => {
    expect(published(type).safeParse(data).error).toBeUndefined();
  });

  it.each([leadCreatedSchema, ...told].map((one) => [one.schema.$id, one] as const))(
    'have examples of %s that keep to it',
    (_, { schema, type, isPublic }) => {
      expect(schema.examples?.length).toBeGreaterThan(0);
      const data = isPublic && isOutcomeType(type) ? outcomes[type].data.strict() : leadCreated;
      for (const example of schema.examples ?? []) {
        expect(z.fromJSONSchema(schema as never).safeParse(example).error).toBeUndefined();
        expect(data.safeParse(example).error).toBeUndefined();
      }
    },
  );

  it('let an event have fields that are added later', () => {
    expect(published('lead.paused').safeParse({ by: 'olga', ticket: 'OPS-1' }).success).toBe(true);
  });

  it('refer only to existing files', () => {
    const references = [
      ...read('asyncapi.yaml').matchAll(/\$ref: "?\.\/([^"\n]+)/g),
      ...read('events.md').matchAll(/\]\((schemas\/[^)]+)\)/g),
    ].map(([, path]) => path ?? '');
    expect(new Set(references).size).toBe(events.length + told.length + 1);
    for (const path of references) expect(() => read(path)).not.toThrow();
  });

  it('refer, within the AsyncAPI document, only to what it has', () => {
    const lookUp = (pointer: string) =>
      pointer
        .split('/')
        .slice(1)
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], asyncapi);
    const pointers = [...read('asyncapi.yaml').matchAll(/\$ref: "?(#[^"\n]+)/g)].map(([, pointer]) => pointer ?? '');
    expect(pointers.filter((pointer) => lookUp(pointer) === undefined)).toEqual([]);
    expect(pointers.length).toBeGreaterThan(events.length);
  });

  it('name each service’s consumer of a stream that the AsyncAPI document describes', async () => {
    const described = z.object({
      channels: z.record(
        z.string(),
        z.object({ 'x-jetstream': z.object({ stream: z.string(), durables: z.array(z.string()) }) }),
      ),
    });
    const { channels } = described.parse(asyncapi);
    const named = Object.values(channels).flatMap(({ 'x-jetstream': { stream, durables } }) =>
      durables.map((durable) => `${stream} ${durable}`),
    );
    const modules = (await readdir(join(ROOT, 'apps'))).flatMap((app) => {
      const path = join(ROOT, 'apps', app, 'src', `${app}.module.ts`);
      return existsSync(path) ? [readFileSync(path, 'utf8')] : [];
    });
    const consumers = modules.flatMap((source) =>
      [...source.matchAll(/stream: '(INTAKE|LEADS)', durable: '([\w-]+)'/g)].map(
        ([, stream, durable]) => `${stream} ${durable}`,
      ),
    );
    const projector = `LEADS ${PROJECTOR.replace(/\d+$/, '<n>')}`;
    expect([...consumers, projector].sort()).toEqual(named.sort());
  });
});

describe('hand-written pages', () => {
  it('have a password made for each user of MongoDB', () => {
    const [, each = '', single = ''] = /users='([^']+)' +# mode: single: (.+)/.exec(read('deploy.md')) ?? [];
    const made = [...new Set(`${each} ${single}`.split(' '))];
    expect(made.sort()).toEqual([...mongoUsers.keys()].sort());
  });

  it('name each test of package.json in CONTRIBUTING', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    const contributing = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
    const tests = Object.keys(scripts).filter((name) => name.startsWith('test:'));
    expect(tests.filter((name) => !contributing.includes(`\n| \`npm run ${name}`))).toEqual([]);
    expect(tests.length).toBeGreaterThan(20);
  });

  it('give a variable that is transformed after its check its default', () => {
    expect(variablesOnlyOf('crm')).toContain('| `HUBSPOT_CREATE` | false |');
  });
});

describe('generating', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leadstream-docs-'));
    await generate(folder, made);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('changes nothing the second time', async () => {
    expect(await outdated(folder)).toEqual([]);
  });

  it('reports and reverts an edit by hand', async () => {
    await writeFile(
      join(folder, 'docs/events.md'),
      `${await readFile(join(folder, 'docs/events.md'), 'utf8')}\nBy the way\n`,
    );
    await rm(join(folder, 'docs/schemas/lead.sent.v1.json'));
    expect(await outdated(folder, made)).toEqual(['docs/events.md', 'docs/schemas/lead.sent.v1.json']);
    await generate(folder, made);
    expect(await outdated(folder, made)).toEqual([]);
  });

  it('deletes the schema of a removed event', async () => {
    await writeFile(join(folder, 'docs/schemas/lead.forgotten.v1.json'), '{}');
    expect(await outdated(folder, made)).toEqual(['docs/schemas/lead.forgotten.v1.json']);
    await generate(folder, made);
    expect(await readdir(join(folder, 'docs/schemas'))).toHaveLength(
      [...made.keys()].filter((path) => path.startsWith('docs/schemas/')).length,
    );
  });
});

describe('the lists in hand-written pages', () => {
  it('are each in some page', async () => {
    const shown = [...(await pages()).values()].flatMap(namesIn);
    expect([...(await lists()).keys()].filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('are filled between their markers, and nothing else changes', () => {
    const page =
      '# A\n\n<!-- generated: one -->\nold\n<!-- /generated -->\nB\n<!-- generated: two -->\n<!-- /generated -->\n';
    expect(
      filled(
        'README.md',
        page,
        new Map([
          ['one', '1'],
          ['two', '2'],
        ]),
      ),
    ).toBe(
      '# A\n\n<!-- generated: one -->\n\n1\n\n<!-- /generated -->\nB\n' +
        '<!-- generated: two -->\n\n2\n\n<!-- /generated -->\n',
    );
  });

  it('name decisions by a link from their page', () => {
    const page = '<!-- generated: one -->\n<!-- /generated -->';
    expect(filled('apps/sender/README.md', page, new Map([['one', 'see ADR 21']]))).toContain(
      'see [ADR 21](../../docs/adr/0021-restore-guard.md)',
    );
  });

  it.each([
    ['a list that does not exist', '<!-- generated: nine -->\n<!-- /generated -->', 'no list is "nine"; there are one'],
    [
      'a list without an end',
      '<!-- generated: one -->\n<!-- generated: one -->\n',
      'the list "one" has no <!-- /generated -->',
    ],
  ])('are refused for %s', (_, page, problem) => {
    expect(() => filled('README.md', page, new Map([['one', '1']]))).toThrow(`README.md: ${problem}`);
  });

  it('name no metric that no service has', async () => {
    const metrics = [...read('metrics.md').matchAll(/`(leadstream_\w+)`/g)].map(([, name = '']) => name);
    const known = [...metrics, ...propertyNames];
    const named = [...(await texts())].flatMap(([path, text]) =>
      [...text.matchAll(/leadstream_[a-z]+(?:_[a-z]+)+/g)].map(([name]) => `${path}: ${name}`),
    );
    expect(named.filter((each) => !known.some((name) => each.endsWith(` ${name}`)))).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });
});
