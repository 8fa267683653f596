import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { streams, type StreamName } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import type { LeadState } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { VERSION } from '@leadstream/service/version';
import { submission } from '@leadstream/testing/builders';
import { DiscardPolicy } from '@nats-io/jetstream';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { z } from 'zod';
import { startMailbox } from '../../../tests/e2e/imap-mailbox.ts';
import { dial } from './testing/backup.ts';
import { command } from './testing/command.ts';

const LEAD_ID_SECRET = 'a secret of the doctor’s own';
const checksOf = (out: string) =>
  z
    .array(z.object({ group: z.string(), result: z.string(), what: z.string(), mend: z.string().optional() }))
    .parse(JSON.parse(out));

describe('leadctl doctor', () => {
  let nats: Server;
  let broker: Broker;
  let client: MongoClient;
  /** A provider, and a service. */
  let http: HttpServer;
  let answers = { scopes: 200, ready: 200, version: VERSION };
  const { uri } = mongoDatabase('doctor');

  const doctor = (over: Record<string, string> = {}, ...argv: string[]) => {
    const env = {
      NATS_URL: nats.url,
      MONGODB_URI: uri,
      LEAD_ID_SECRET,
      TOKEN_SECRET: 'a secret of the tokens',
      FROM_EMAIL: 'sales@example.com',
      SENDGRID_API_KEY: 'SG.key',
      SENDGRID_BASE_URL: url(),
      ...over,
    };
    return command(['doctor', '--json', ...argv], env);
  };
  const url = () => `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const failures = async (over?: Record<string, string>, ...argv: string[]) => {
    const { code, out } = await doctor(over, ...argv);
    return { code, failed: checksOf(out).filter(({ result }) => result === 'failed') };
  };
  /** A service's event, by its clock. */
  const wrote = async (source: string, address: string, ahead: Temporal.DurationLike = { seconds: 0 }) => {
    const now = () => Temporal.Now.instant().add(ahead);
    const contact = { ...submission().contact, address };
    await new EventLog<LeadState>(broker, leadFold, { source, now }).decide(
      leadId(LEAD_ID_SECRET, address),
      address,
      () => ({ type: 'lead.triaged', data: submission({ contact }) }),
    );
  };

  beforeAll(async () => {
    nats = await startNats();
    http = createServer((request, response) => {
      const { scopes, ready, version } = answers;
      if (request.url === '/v3/scopes') response.writeHead(scopes).end('{"scopes":["mail.send"]}');
      else if (request.url === '/readyz') response.writeHead(ready).end('{"mongodb":"no answer"}');
      else response.end(`leadstream_build_info{app="x",version="${version}",node="v26"} 1\n`);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    [broker, client] = await Promise.all([dial(nats.url), new MongoClient(uri).connect()]);
    await provision(broker, { replicas: 1, streams: Object.keys(streams) as StreamName[] });
    await provisionLeads(client.db());
    await wrote('triage', 'jane@example.com');
  });
  afterAll(async () => {
    http.close();
    await Promise.all([broker.close(), client.close()]);
    await nats.stop();
  });

  it('finds nothing where nothing is wrong', async () => {
    const { code, out } = await doctor({}, '--service', url());
    const checks = checksOf(out);
    expect({ code, failed: checks.filter(({ result }) => result === 'failed') }).toEqual({ code: 0, failed: [] });
    expect(checks.filter(({ result }) => result === 'passed').map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'LEAD_ID_SECRET is that of the log',
        'LEADS',
        'this machine and NATS agree within 5 s',
        'MongoDB and NATS agree within 5 s',
        'triage and NATS agree within 5 s',
        'the key may send',
        `${url()} is ready, version ${VERSION}`,
      ]),
    );
  });

  it('tries the mailboxes of replies and of the canary, and names what mends them', async () => {
    const mailbox = await startMailbox();
    const { env } = mailbox;
    const imap = `imap://127.0.0.1:${env.IMAP_PORT}`;
    const canary = {
      CANARY_MAILBOX: 'imap',
      CANARY_DOMAIN: 'canary.test',
      CANARY_INGEST_URL: 'https://leads.example.com',
      CANARY_IMAP_URL: `${imap}?tls=none`,
      CANARY_SMTP_URL: 'smtp://127.0.0.1',
      CANARY_MAIL_USER: env.IMAP_USER,
      CANARY_MAIL_PASSWORD: env.IMAP_PASSWORD,
    };
    const said = async (over: Record<string, string>) =>
      checksOf((await doctor({ ...env, ...canary, ...over })).out)
        .filter(({ group }) => group === 'mailboxes')
        .map(({ result, what, mend }) => [result, what.replace(/ \(.*\)/, ''), ...(mend ? [mend] : [])]);
    const one = 'the mailbox of replies';
    const other = 'the mailbox of the canary';
    expect(await said({})).toEqual([
      ['passed', `${one} takes the login and has INBOX`],
      ['passed', `${other} takes the login and has INBOX`],
    ]);
    expect(await said({ IMAP_MAILBOX: 'Nowhere', CANARY_MAIL_PASSWORD: 'another' })).toEqual([
      ['failed', `${one} has no folder Nowhere`, 'correct IMAP_MAILBOX'],
      ['failed', `${other} refuses the login`, 'replace CANARY_MAIL_USER and CANARY_MAIL_PASSWORD'],
    ]);
    expect(await said({ IMAP_PORT: '9', CANARY_IMAP_URL: 'https://mail.example.com' })).toEqual([
      ['failed', expect.stringContaining('CANARY_IMAP_URL: must be an imaps: or imap: URL'), expect.any(String)],
    ]);
    await mailbox.stop();
  });

  it('names settings that are missing or not those of the log', async () => {
    expect(await failures({ TOKEN_SECRET: '', LEAD_ID_SECRET: 'the secret of another log' })).toMatchObject({
      code: 2,
      failed: [
        { group: 'settings', what: 'TOKEN_SECRET: is required' },
        { group: 'settings', what: expect.stringContaining('LEAD_ID_SECRET is not the one'), mend: expect.any(String) },
      ],
    });
  });

  it('names a provider that refuses the key, and services that are not ready, old or away', async () => {
    answers = { scopes: 401, ready: 503, version: VERSION };
    const { failed } = await failures({}, '--service', url(), '--service', 'http://127.0.0.1:1');
    expect(failed.map(({ what }) => what)).toEqual([
      'SendGrid refuses the key (401)',
      `${url()} is not ready (503): {"mongodb":"no answer"}`,
      'http://127.0.0.1:1 gives no answer',
    ]);
    answers = { scopes: 200, ready: 200, version: '0.0.1' };
    expect((await failures({}, '--service', url())).failed).toMatchObject([
      { what: `${url()} is version 0.0.1, leadctl is ${VERSION}`, mend: 'deploy one version everywhere' },
    ]);
  });

  it('names a DNS server that gives no answer', async () => {
    const { failed } = await failures({ REPLY_DOMAIN: 'replies.leadstream.dev' }, '--dns', '127.0.0.1:1');
    expect(failed).toMatchObject([
      { group: 'dns', what: expect.stringContaining('no DNS server answers for replies') },
    ]);
  });

  it('makes the other checks while a server does not answer', async () => {
    const { failed } = await failures({ MONGODB_URI: 'mongodb://127.0.0.1:1/leadstream' });
    expect(failed.map(({ what }) => what)).toEqual(['MongoDB does not answer']);
  });

  it('names a stream that would lose events, and the service whose clock is wrong', async () => {
    const { streams: manager } = await broker.jsm();
    const { config } = await manager.info('LEADS');
    await manager.update('LEADS', { ...config, discard: DiscardPolicy.Old });
    await wrote('scheduler', 'joe@example.com', { minutes: 10 });
    expect(await failures()).toMatchObject({
      code: 2,
      failed: [
        { what: 'LEADS drops its oldest event at a limit', mend: 'nats stream edit LEADS --discard new' },
        { what: expect.stringMatching(/^scheduler is [\d.]+ s ahead of NATS$/) },
      ],
    });
  });

  it('says in words what mends it', async () => {
    const { code, out } = await command(['doctor'], { NATS_URL: nats.url, MONGODB_URI: uri });
    expect(code).toBe(2);
    expect(out).toContain(
      'FAILED   settings  LEAD_ID_SECRET: is required\n                   → set it as for the services',
    );
  });
});
