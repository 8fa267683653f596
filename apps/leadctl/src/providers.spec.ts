import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Check } from './doctor/check.ts';
import { judgedWebhook } from './providers/reach.ts';
import { judgedDmarc, judgedMx } from './providers/records.ts';
import { spfOf } from './providers/spf.ts';
import { command } from './testing/command.ts';
import { dnsServer, type DnsServer, type Zone } from './testing/dns-server.ts';

const RIGHT: Zone = {
  'acme.dev': { txt: ['site-verification=1', 'v=spf1 include:_spf.acme.dev ~all'] },
  '_spf.acme.dev': { txt: ['v=spf1 ip4:192.0.2.1 include:sendgrid.net -all'] },
  's1._domainkey.acme.dev': { txt: ['v=DKIM1; k=rsa; p=MIGf'] },
  's2._domainkey.acme.dev': { txt: ['k=rsa; p=MIGf'] },
  '_dmarc.acme.dev': { txt: ['v=DMARC1; p=none; adkim=s'] },
  'r.acme.dev': { mx: 'mx.sendgrid.net' },
};

describe('leadctl providers check', () => {
  let dns: DnsServer;
  let http: Server;
  /** Of the public address: the page, and the webhook's status. */
  let inbound = { page: '<form method="post">', webhook: 401 };
  const url = () => `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const check = async (env: Record<string, string> = {}, ...argv: string[]) => {
    const settings = {
      NATS_URL: 'nats://127.0.0.1:1',
      FROM_EMAIL: 'sales@acme.dev',
      REPLY_DOMAIN: 'r.acme.dev',
      SENDGRID_API_KEY: 'SG.key',
      SENDGRID_BASE_URL: url(),
      PUBLIC_URL: url(),
      ...env,
    };
    const { code, out } = await command(['providers', 'check', '--dns', dns.address, ...argv, '--json'], settings);
    const checks = JSON.parse(out) as Check[];
    return { code, checks, failed: checks.flatMap(({ result, what }) => (result === 'failed' ? [what] : [])) };
  };

  beforeAll(async () => {
    dns = await dnsServer(RIGHT);
    http = createServer(({ url: path }, response) => {
      if (path === '/v3/scopes') response.end('{"scopes":["mail.send"]}');
      else if (path === '/slack-secret') response.writeHead(400).end('no_text');
      else if (path === '/gone-secret') response.writeHead(404).end('no_service');
      else if (path?.startsWith('/u/')) response.end(inbound.page);
      else response.writeHead(inbound.webhook, { 'content-type': 'application/problem+json' }).end('{}');
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    dns.close();
    http.close();
  });

  it('asks each chat of REP_CHATS, and says neither its URL nor a value', async () => {
    const { failed, checks } = await check({
      REP_CHATS: `anna=slack:${url()}/slack-secret,bob=slack:${url()}/gone-secret,*=teams:http://127.0.0.1:1/secret`,
      WEBHOOKS_NETWORKS: '127.0.0.0/8',
    });
    expect(failed).toEqual([
      'the slack webhook of bob answers 404',
      'the teams webhook of all other reps gives no answer',
    ]);
    expect(checks).toContainEqual(expect.objectContaining({ what: 'the slack webhook of anna takes posts' }));
    const REP_CHATS = `anna=slack:${url()}/slack-secret`;
    expect((await check({ REP_CHATS })).failed).toEqual(['the slack webhook of anna has a private address']);
    const wrong = await check({ REP_CHATS: 'anna=secret' });
    expect(wrong.failed).toEqual([expect.stringMatching(/^REP_CHATS must be <rep>=slack/)]);
    expect(JSON.stringify([checks, wrong.checks])).not.toContain('secret');
  });

  it('passes where the DNS, the public address and the key are right', async () => {
    const { code, checks, failed } = await check();
    expect({ code, failed }).toEqual({ code: 0, failed: [] });
    expect(checks.map(({ what }) => what)).toEqual([
      'acme.dev has SPF for SendGrid',
      's1._domainkey.acme.dev has a DKIM key',
      's2._domainkey.acme.dev has a DKIM key',
      'DMARC of acme.dev passes by DKIM of acme.dev (p=none)',
      'replies to r.acme.dev go to SendGrid',
      'the key may send',
      `${url()} shows the unsubscribe page`,
      `${url()}/v1/sendgrid/events refuses an unsigned post (401)`,
    ]);
  });

  it('names each record that is missing, and exits with 1', async () => {
    dns.zone = {
      'acme.dev': {},
      's1._domainkey.acme.dev': { txt: ['v=DKIM1; p='] },
      'r.acme.dev': { mx: 'mail.acme.dev' },
    };
    const { code, checks, failed } = await check();
    dns.zone = RIGHT;
    expect({ code, failed }).toEqual({
      code: 1,
      failed: [
        'acme.dev has no SPF record',
        's1._domainkey.acme.dev is revoked (p= is empty)',
        's2._domainkey.acme.dev has no DKIM key',
        'acme.dev has no DMARC record',
        'replies to r.acme.dev go to mail.acme.dev, which is no provider’s inbound',
      ],
    });
    expect(checks.every(({ result, mend }) => (result === 'failed') === (mend !== undefined))).toBe(true);
  });

  it('names a public address that leads elsewhere, or to a service that is not ready', async () => {
    inbound = { page: 'welcome', webhook: 503 };
    const { failed } = await check();
    inbound = { page: '<form method="post">', webhook: 401 };
    expect(failed).toEqual([
      `${url()}/u/… does not show the unsubscribe page (200)`,
      `${url()}/v1/sendgrid/events is not ready (503)`,
    ]);
    expect((await check({ PUBLIC_URL: 'http://127.0.0.1:1' })).failed).toHaveLength(2);
  });

  it('looks at Mailgun’s own domain, and at a return path and selectors that are given', async () => {
    const mailgun = await check({ MAILGUN_DOMAIN: 'mg.acme.dev' }, '--esp', 'mailgun', '--selector', 'pic');
    expect(mailgun.failed).toEqual(['mg.acme.dev has no SPF record', 'pic._domainkey.mg.acme.dev has no DKIM key']);
    expect(mailgun.checks.map(({ what }) => what)).toContain('DMARC of acme.dev passes by SPF of mg.acme.dev (p=none)');
    const { checks } = await check({}, '--esp', 'postmark');
    expect(checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'pm-bounces.acme.dev has no SPF record',
        'Postmark draws DKIM’s selector for each account: name it by --selector',
        'POSTMARK_SERVER_TOKEN is not set here',
      ]),
    );
  });

  it('names a DNS server that gives no answer', async () => {
    const { failed } = await check({}, '--dns', '127.0.0.1:1');
    expect(failed).toEqual([
      expect.stringContaining('no DNS server answers for acme.dev'),
      expect.stringContaining('no DNS server answers for r.acme.dev'),
    ]);
  });
});

describe('an SPF record', () => {
  const of = (records: Record<string, string[]>) =>
    spfOf('a.dev', 'sendgrid.net', (name) => Promise.resolve(records[name] ?? []));

  it('counts with its includes and redirects, up to ten lookups', async () => {
    expect(await of({ 'a.dev': ['v=spf1 redirect=b.dev'], 'b.dev': ['v=spf1 include:sendgrid.net ~all'] })).toEqual({
      record: 'v=spf1 redirect=b.dev',
      includes: true,
    });
    expect(await of({ 'a.dev': ['v=spf1 include:a.dev ~all'] })).toMatchObject({ fault: 'lookups' });
    const many = Array.from({ length: 11 }, (_, index) => `include:x${index}.dev`).join(' ');
    expect(await of({ 'a.dev': [`v=spf1 ${many} ~all`] })).toMatchObject({ fault: 'lookups', includes: false });
    expect(await of({ 'a.dev': ['v=spf1 -all', 'v=spf1 ~all'] })).toMatchObject({ fault: 'several' });
    expect(await of({ 'a.dev': ['v=spf1 +all'] })).toMatchObject({ fault: 'all' });
    expect(await of({ 'a.dev': ['v=spf10'] })).toEqual({ record: undefined, includes: false });
  });
});

describe('a verdict', () => {
  const sending = {
    esp: 'mailgun',
    from: 'news.acme.co.uk',
    signed: 'mg.acme.co.uk',
    returnPath: 'b.other.co.uk',
  } as const;

  it('of DMARC compares registrable domains, and names alone where the record is strict', () => {
    const result = (record: string, over: object = {}) => judgedDmarc({ ...sending, ...over }, [record]).result;
    expect(result('v=DMARC1; p=reject')).toBe('passed');
    expect(result('v=DMARC1; p=reject; adkim=s')).toBe('failed');
    expect(result('v=DMARC1; p=none', { signed: 'other.co.uk' })).toBe('failed');
    expect(result('v=DMARC1; adkim=r')).toBe('failed');
    expect(result('v=DMARC1; p=none; adkim=s', { returnPath: 'bounce.acme.co.uk' })).toBe('passed');
  });

  it('of the MX record knows every provider’s inbound, and takes any host of a mail server’s', () => {
    expect(judgedMx('sendgrid', 'r.a.dev', ['mxa.eu.mailgun.org.'])).toMatchObject({
      what: expect.stringContaining('Mailgun'),
    });
    expect(judgedMx('smtp', 'r.a.dev', ['mail.a.dev'])).toMatchObject({ result: 'passed' });
    expect(judgedMx('smtp', 'r.a.dev', [])).toMatchObject({ result: 'failed' });
  });

  it.each([
    [401, 'application/problem+json; charset=utf-8', 'passed'],
    [401, 'text/html', 'failed'],
    [404, 'application/problem+json', 'failed'],
    [200, 'text/plain', 'failed'],
    [301, 'text/html', 'failed'],
  ])('of a webhook that answers %s as %s is %s', (status, type, result) => {
    expect(judgedWebhook('https://a.dev/v1/ses/events', { status, type, text: '' })).toMatchObject({ result });
  });
});
