import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Esp } from '@leadstream/contracts/events';
import { DiscardPolicy, StorageType } from '@nats-io/jetstream';
import { dnsChecks, judgedReplies, judgedSender } from './dns.ts';
import { faultySmtp } from '@leadstream/providers/testing/faulty-smtp';
import { judgedKey, providerChecks } from './provider.ts';
import { judgedStream, toJudge, type Settings } from './streams.ts';

const right: Settings = {
  subjects: ['leads.*.*'],
  storage: StorageType.File,
  allow_direct: true,
  num_replicas: 1,
  discard: DiscardPolicy.New,
  max_age: 0,
};
const [LEADS] = toJudge(1).filter(({ name }) => name === 'LEADS');
const judged = (settings: Settings | undefined, stream = LEADS!) => judgedStream(stream, settings, 1);
const whats = (over: Partial<Settings>) => judged({ ...right, ...over }).map(({ what }) => what);

describe('a stream', () => {
  it('passes as the services create it', () => {
    expect(judged(right)).toEqual([{ group: 'streams', result: 'passed', what: 'LEADS' }]);
  });

  it.each<[string, Partial<Settings>]>([
    ['LEADS does not store leads.*.*', { subjects: ['leads.>.x'] }],
    ['LEADS is kept in memory', { storage: StorageType.Memory }],
    ['LEADS allows no direct reads', { allow_direct: false }],
    ['LEADS has 3 replicas, not 1', { num_replicas: 3 }],
    ['LEADS allows schedules, and with them roll-ups that delete history', { allow_msg_schedules: true }],
    ['LEADS drops old messages', { max_age: 1 }],
    ['LEADS drops its oldest event at a limit', { discard: DiscardPolicy.Old }],
    ['LEADS keeps only some events of a lead', { max_msgs_per_subject: 1 }],
  ])('%s', (what, over) => expect(whats(over)).toEqual([what]));

  it('of a log of partitions is judged like LEADS, with subjects of its own', () => {
    const partition = toJudge(4).filter(({ name }) => name === 'LEADS')[2];
    expect(judged({ ...right, subjects: ['leads-2.*.*'] }, partition)).toMatchObject([{ what: 'LEADS-2of4' }]);
    expect(judged({ ...right, max_age: 1 }, partition).map(({ what }) => what)).toEqual([
      'LEADS-2of4 does not store leads-2.*.*',
      'LEADS-2of4 drops old messages',
    ]);
  });

  it('is missing before the services have started', () => {
    expect(judged(undefined)).toMatchObject([{ result: 'failed', what: 'LEADS does not exist' }]);
  });
});

describe('a domain', () => {
  it('that sends has SPF and DMARC', () => {
    const results = (txt: string[], dmarc: string[]) =>
      judgedSender('acme.dev', { txt, dmarc }).map(({ result }) => result);
    expect(results(['v=spf1 include:sendgrid.net ~all'], ['v=DMARC1; p=none'])).toEqual(['passed', 'passed']);
    expect(results(['v=spf10', 'google-site-verification=x'], [])).toEqual(['failed', 'failed']);
  });

  it('that receives replies has an MX record', () => {
    expect(judgedReplies('r.acme.dev', ['mx.sendgrid.net'])).toMatchObject({ result: 'passed' });
    expect(judgedReplies('r.acme.dev', [])).toMatchObject({
      result: 'failed',
      what: expect.stringContaining('no reply'),
    });
  });

  it.each(['http://127.0.0.1:3002', 'https://[2001:db8::1]'])('is none in %s', async (PUBLIC_URL) => {
    const checks = await dnsChecks({ PUBLIC_URL });
    expect(checks.at(-1)).toMatchObject({ result: 'skipped', what: expect.stringContaining('is an address') });
  });
});

describe('a key of the provider', () => {
  it.each<[Exclude<Esp, 'smtp'>, number, unknown, string, string]>([
    ['sendgrid', 200, { scopes: ['mail.send', 'stats.read'] }, 'passed', 'the key may send'],
    ['sendgrid', 200, { scopes: ['stats.read'] }, 'failed', 'the key may not send'],
    ['sendgrid', 401, undefined, 'failed', 'SendGrid refuses the key (401)'],
    ['sendgrid', 404, undefined, 'skipped', 'the provider does not say what the key may do'],
    ['sendgrid', 503, undefined, 'failed', 'the provider answers 503'],
    ['sendgrid', 200, 'not JSON', 'failed', 'the provider answers 200'],
    ['postmark', 200, { ID: 1 }, 'passed', 'Postmark knows the server of the token'],
    ['postmark', 401, { ErrorCode: 10 }, 'failed', 'Postmark refuses the key (401)'],
    ['mailgun', 400, { message: 'to parameter is missing' }, 'passed', 'Mailgun takes the key for the domain'],
    ['mailgun', 401, 'Forbidden', 'failed', 'Mailgun refuses the key (401)'],
    ['mailgun', 500, undefined, 'failed', 'the provider answers 500'],
    ['ses', 400, { message: 'no' }, 'passed', 'SES takes the key'],
    ['ses', 403, { message: 'no' }, 'failed', 'SES refuses the key (403)'],
  ])('of %s, answered with %s %j: %s', (esp, status, body, result, what) => {
    expect(judgedKey(esp, status, body)).toMatchObject({ result, what });
  });

  it('of the provider that sends is asked about, with its own access, and nothing is sent', async () => {
    const asked: string[] = [];
    const server = createServer(({ method, url, headers }, answer) => {
      asked.push(`${method} ${url} ${headers.authorization ?? headers['x-postmark-server-token']?.toString()}`);
      answer.writeHead(method === 'POST' ? 400 : 200).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const at = `http://127.0.0.1:${port}`;
    const results = [
      await providerChecks('postmark', { POSTMARK_SERVER_TOKEN: 'token', POSTMARK_BASE_URL: at }),
      await providerChecks('mailgun', { MAILGUN_API_KEY: 'key', MAILGUN_DOMAIN: 'mg.acme.dev', MAILGUN_BASE_URL: at }),
      await providerChecks('mailgun', { MAILGUN_API_KEY: 'key' }),
    ];
    await new Promise((resolve) => server.close(resolve));
    expect(results.flat().map(({ result }) => result)).toEqual(['passed', 'passed', 'skipped']);
    expect(asked).toEqual(['GET /server token', 'POST /v3/mg.acme.dev/messages Basic YXBpOmtleQ==']);
  });
});

describe('a mail server', () => {
  const { state, port } = faultySmtp();
  it.each([
    [{}, 'passed', /takes the login$/],
    [{ AUTH: '535 5.7.8 no' }, 'failed', /refuses the login \(535\)$/],
    [{ greeting: '554 no' }, 'failed', /answers 554$/],
    [{ greeting: 'SSH-2.0' }, 'failed', /gives no session/],
  ])('that answers %j: %s', async (script, result, what) => {
    state.script = script;
    const access = {
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(port()),
      SMTP_USER: 'u',
      SMTP_PASSWORD: 'p',
      SMTP_TLS: 'none',
    };
    expect(await providerChecks('smtp', access)).toMatchObject([{ result, what: expect.stringMatching(what) }]);
    expect(state.commands.filter((line) => line.startsWith('MAIL'))).toEqual([]);
  });
});
