import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inboundPost } from '@leadstream/sandbox-esp/inbound-parse';
import type { Payload } from './payload.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

/** The writer of the corpus of answers, and leads of its own for other payloads. */
export const KNOWN = ['jo@example.org', 'jane@example.com', 'ann@example.com'] as const;

interface Answer {
  subject: string;
  headers?: Record<string, string>;
  text: string;
}
interface Reported {
  leads: { type: string; body: string }[];
}

const read = (path: string): Buffer => readFileSync(join(ROOT, path));
const list = (folder: string): string[] => readdirSync(join(ROOT, folder)).map((name) => join(folder, name));
const lead = (body: string | Buffer, contentType = JSON_TYPE, url = '/v1/leads'): Payload => ({
  door: 'leads',
  url,
  contentType,
  body: Buffer.from(body),
});

/** Each form service's sample at its own door and at the one of plain leads. */
function samples(): Payload[] {
  return list('apps/ingest/src/samples')
    .filter((path) => path.endsWith('.json'))
    .flatMap((path) => {
      const name = path.replace(/^.*\/(.*)\.json$/, '$1');
      const body = read(path).toString().replaceAll('{{email}}', KNOWN[2]);
      return [lead(body, JSON_TYPE, `/v1/leads/from/${name}?source=demo_request`), lead(body)];
    });
}

function reported(): Payload[] {
  const { leads } = JSON.parse(read('tests/e2e/reported/cases.json').toString()) as Reported;
  return leads.map(({ type, body }) => lead(body.replaceAll('{{email}}', 'ann@reported.example'), type));
}

/** The rows of the messy leads: as JSON, as a form, and as events on the bus. */
function messy(): Payload[] {
  const [head = '', ...rows] = read('libs/sequences/src/messy-leads.csv').toString().trim().split('\n');
  const names = head.split(',').slice(0, 7);
  return rows.flatMap((row, place) => {
    const values = [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
      ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
    );
    const fields = Object.fromEntries(names.map((name, column) => [name, values[column] ?? '']));
    const { country, company, ...person } = fields;
    const data = { ...person, leadData: { source: 'demo_request', fields: { country, company } } };
    if (place % 3 === 0) return [lead(JSON.stringify(data))];
    if (place % 3 === 1) return [lead(new URLSearchParams({ ...fields, source: 'webinar' }).toString(), FORM)];
    const event = { specversion: '1.0', id: `row-${place}`, source: 'crm', type: 'lead.created', data };
    return [{ ...lead(JSON.stringify(event)), door: 'bus' as const }];
  });
}

/** Answers in all languages, as the provider posts them. */
function answers(): Payload[] {
  return list('libs/testing/src/answers').flatMap((path) =>
    (JSON.parse(read(path).toString()) as Answer[]).map(({ subject, headers = {}, text }) => {
      const post = inboundPost({ from: `Jo <${KNOWN[0]}>`, to: 'sales@acme.example', subject, text, headers });
      return { door: 'mail', url: '', contentType: post.headers['content-type'], body: post.body } as const;
    }),
  );
}

/** Whole messages, in the form of a provider that posts them raw. */
function messages(): Payload[] {
  const paths = ['auto-replies', 'dsn'].flatMap((folder) => list(`apps/inbound/src/fixtures/${folder}`));
  return paths.map((path) => {
    const head = '--x1\r\nContent-Disposition: form-data; name="email"\r\n\r\n';
    const body = Buffer.concat([Buffer.from(head), read(path), Buffer.from('\r\n--x1--\r\n')]);
    return { door: 'mail', url: '', contentType: 'multipart/form-data; boundary=x1', body };
  });
}

function events(): Payload[] {
  const folder = 'libs/providers/src/sendgrid/fixtures/events';
  const paths = list(folder).filter((path) => /docs-.*\.json$/.test(path));
  return paths.map((path) => ({ door: 'events', url: '', contentType: JSON_TYPE, body: read(path) }));
}

/** Any other files, posted to the doors that could get them. */
function others(folder: string): Payload[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  return paths.flatMap((path): Payload[] => {
    const body = readFileSync(path);
    if (path.endsWith('.eml')) return [{ door: 'mail', url: '', contentType: 'message/rfc822', body }];
    if (!path.endsWith('.json'))
      return [{ door: 'mail', url: '', contentType: 'multipart/form-data; boundary=xYzZY', body }];
    return [
      lead(body, JSON_TYPE, '/v1/leads/from/generic'),
      lead(body),
      { door: 'events', url: '', contentType: JSON_TYPE, body },
    ];
  });
}

/** The payloads that mutations begin with; `more` is a folder of further ones. */
export const corpus = (more?: string): Payload[] => [
  ...samples(),
  ...reported(),
  ...messy(),
  ...answers(),
  ...messages(),
  ...events(),
  ...(more === undefined ? [] : others(more)),
];
