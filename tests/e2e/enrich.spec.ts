import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { end, serviceArgs, spawnWatched, untilReady, type ServiceProcess } from '@leadstream/testing/child';
import { eventually } from '@leadstream/testing/eventually';
import { freePort } from '@leadstream/testing/servers';
import type { ShownLead } from '@leadstream/projection/queries';
import { buildAll } from '../../tools/build-all.ts';
import { deliveryModes, freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

const RULES = `version: 2
rules:
  - { id: acme, when: { enrichment: { domain: { companyDomain: acme-industries.com } } }, add: [account:acme] }
  - { id: pricing, when: { page: https://acme.example/pricing* }, add: [topic:pricing] }
`;
const has =
  (...wanted: string[]) =>
  ({ tags }: ShownLead): boolean =>
    Array.isArray(tags) && wanted.every((tag) => tags.includes(tag));
const companyEmail = (): string => freshEmail('jane').replace('example.com', 'acme-industries.com');

describe.each(deliveryModes)('a lead, with its messages delivered %s', (delivery) => {
  let stack: Stack;
  let folder: string;
  beforeAll(async () => {
    stack = await startStack({ delivery, env: { ENRICHERS: 'domain' } });
    folder = await mkdtemp(join(tmpdir(), 'leadstream-tags-'));
    await cp('sequences', folder, { recursive: true });
    await writeFile(join(folder, 'tags.yaml'), RULES);
    await stack.leadctl('sequences', 'deploy', folder, '--only', 'tags', '--by', 'ana');
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true });
  });

  const of = async (email: string, type: string) => (await stack.history(email)).filter((event) => event.type === type);
  const settled = () =>
    eventually(async () => {
      const counts = await Promise.all([stack.unhandled('INTAKE', 'triage'), stack.unhandled('LEADS', 'enricher')]);
      return counts.every((count) => count === 0);
    });

  it('is enriched by the company of its domain, and tagged by a rule that reads it', async () => {
    const email = companyEmail();
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, has('account:acme'));
    await settled();
    const enriched = await of(email, 'lead.enriched');
    expect(enriched.map(({ data }) => data)).toEqual([
      {
        enricher: 'domain',
        outcome: 'enriched',
        attempt: 1,
        facts: { companyDomain: 'acme-industries.com', company: 'Acme Industries' },
      },
    ]);
    expect((await of(email, 'lead.tagged')).map(({ data }) => data)).toEqual([
      { rules: ['acme'], add: ['account:acme'], remove: [] },
    ]);
    expect(await stack.leadctl('lead', 'show', email)).toContain(': companyDomain acme-industries.com, company Acme');
    expect(await stack.leadctl('lead', 'explain', email)).toMatch(/^enriched {5}domain enriched at /m);
  });

  it('keeps a tag that an operator removed away, also when it submits again', async () => {
    const email = companyEmail();
    const form = lead(email, 'whitepaper', {
      leadData: { source: 'whitepaper', pageURL: 'https://acme.example/pricing/teams' },
    });
    await stack.post(form);
    await stack.lead(email, has('topic:pricing', 'account:acme'));
    await stack.leadctl('lead', 'untag', email, 'topic:pricing', '--by', 'olga', '--reason', 'no interest');
    await stack.post(form);
    await eventually(async () => (await of(email, 'lead.resubmitted')).length === 1);
    await settled();
    const shown = await stack.lead(email, ({ version }) => version > 0);
    expect(shown.tags).toContain('account:acme');
    const tagged = await of(email, 'lead.tagged');
    expect(tagged.flatMap((event) => (event.type === 'lead.tagged' ? event.data.add : [])).sort()).toEqual([
      'account:acme',
      'topic:pricing',
    ]);
  });

  it('of an address that anybody can get has nothing, and goes on', async () => {
    const email = freshEmail('jane').replace('example.com', 'gmail.com');
    await stack.post(lead(email, 'whitepaper'));
    await eventually(async () => (await of(email, 'lead.enriched')).length === 1);
    await stack.lead(email, ({ phase }) => phase === 'completed');
    expect((await of(email, 'lead.enriched')).map(({ data }) => data)).toEqual([
      { enricher: 'domain', outcome: 'nothing', attempt: 1 },
    ]);
  });
});

describe('two processes of triage with a team’s own enricher', () => {
  const asked: string[] = [];
  let onAsked: (body: string) => Promise<unknown> = () => Promise.resolve();
  let stack: Stack;
  let server: Server;
  beforeAll(async () => {
    // Answers about one company, and never about another.
    server = createServer((request, response) => {
      void text(request).then(async (body) => {
        asked.push(body);
        await onAsked(body);
        if (body.includes('acme-industries.com')) response.end('{"facts":{"industry":"software"}}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = {
      ENRICHERS: 'domain,http',
      ENRICH_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ENRICH_SECRET: 'the secret of a team’s enricher',
      // A busy machine's answer takes more than half a second.
      ENRICH_TIMEOUT_MS: '4000',
    };
    stack = await startStack({ env, without: ['triage'] });
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await stack.stop();
  });

  const answers = async (email: string) =>
    (await stack.history(email)).flatMap(({ type, data }) => (type === 'lead.enriched' ? [data] : []));

  it('killed between the enricher’s call and the append, record its attempt once after their restart', async () => {
    const logs = await mkdtemp(join(tmpdir(), 'leadstream-triage-'));
    const triage = async (): Promise<ServiceProcess> => {
      const [port, log] = [await freePort(), join(logs, 'triage.log')];
      const child = spawnWatched([process.execPath, ...serviceArgs('triage')], log, {
        ...stack.settings,
        PORT: String(port),
      });
      return { name: 'triage', child, port, log };
    };
    await buildAll();
    const first = await triage();
    let second: ServiceProcess | undefined;
    try {
      await untilReady(first);
      // A process is ready before its consumers exist.
      const email = companyEmail();
      await eventually(() => stack.jsm.consumers.update(stack.logOf(email).stream, 'enricher', { ack_wait: 1e9 }));
      const killed = Promise.withResolvers<void>();
      onAsked = async () => {
        await end(first.child, 'SIGKILL');
        killed.resolve();
      };
      await stack.post(lead(email, 'whitepaper'));
      await killed.promise;
      expect((await answers(email)).map(({ enricher }) => enricher)).toEqual(['domain']);
      onAsked = () => Promise.resolve();
      second = await triage();
      await eventually(async () => (await answers(email)).length === 2);
      await stack.lead(email, ({ phase }) => phase === 'completed');
      expect(await answers(email)).toEqual([
        expect.objectContaining({ enricher: 'domain', attempt: 1, outcome: 'enriched' }),
        { enricher: 'http', attempt: 1, outcome: 'enriched', facts: { industry: 'software' } },
      ]);
      expect(asked).toHaveLength(2);
      expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
    } finally {
      await Promise.all([first, second].flatMap((one) => (one ? [end(one.child, 'SIGTERM')] : [])));
      await rm(logs, { recursive: true });
      // Also after a failure: without triage the tests below would wait for their leads to no end.
      await Promise.all([stack.add('triage'), stack.add('triage')]);
    }
  });

  it('records one answer of each, and sends the company alone', async () => {
    const emails = Array.from({ length: 6 }, companyEmail);
    await Promise.all(emails.map((email) => stack.post(lead(email, 'whitepaper'))));
    for (const email of emails) {
      await eventually(async () => (await answers(email)).length === 2);
      await stack.lead(email, ({ phase }) => phase === 'completed');
      expect((await answers(email)).map(({ enricher, outcome, facts }) => [enricher, outcome, facts])).toEqual([
        ['domain', 'enriched', { companyDomain: 'acme-industries.com', company: 'Acme Industries' }],
        ['http', 'enriched', { industry: 'software' }],
      ]);
    }
    expect(new Set(asked)).toEqual(new Set(['{"lead":{"companyDomain":"acme-industries.com"}}']));
  });

  it('mails a lead whose enricher hangs all the same, and asks it again later', async () => {
    const email = freshEmail('jane').replace('example.com', 'slow-industries.com');
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ phase }) => phase === 'completed');
    await eventually(async () => (await answers(email)).length === 2);
    expect((await answers(email))[1]).toEqual({
      enricher: 'http',
      outcome: 'unavailable',
      attempt: 1,
      why: 'timeout',
      retryAt: expect.any(String),
    });
    expect(await stack.unhandled('LEADS', 'enricher')).toBe(1);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
  });
});
