import type { Esp } from '@leadstream/contracts/events';
import { AwsV4Signer } from 'aws4fetch';
import { z } from 'zod';
import { failed, passed, skipped, type Check } from './check.ts';
import { mailServerCheck } from './mail-server.ts';

const ANSWER_MS = 10_000;
const scopesBody = z.object({ scopes: z.array(z.string()) });

/** The access of the senders, as far as it is set here. */
export type Access = Readonly<Record<string, string | undefined>>;

/** `path` may be a whole URL. */
interface Asked {
  path: string;
  init: RequestInit;
}

interface Question {
  /** The provider's name for people. */
  title: string;
  /** The variables without which nothing is asked; the first one is the key. */
  needs: readonly [key: string, ...others: string[]];
  base: { name: string; url: string };
  /** A request that needs the key and sends nothing. */
  request: (access: Access) => Asked | Promise<Asked>;
  /** The verdict on an answer to a key that is known. */
  judge: (status: number, body: unknown) => Check;
}

const unclear = (status: number): Check =>
  failed('provider', `the provider answers ${status}`, 'see its status page, then try again');
const unlisted = skipped('provider', 'the provider does not say what the key may do');

const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;

/** An ESP with an HTTP API. */
type HttpEsp = Exclude<Esp, 'smtp'>;

/** One question for each provider: whether it knows the key. */
const QUESTIONS = {
  sendgrid: {
    title: 'SendGrid',
    needs: ['SENDGRID_API_KEY'],
    base: { name: 'SENDGRID_BASE_URL', url: 'https://api.sendgrid.com' },
    request: ({ SENDGRID_API_KEY: key = '' }) => ({
      path: '/v3/scopes',
      init: { headers: { authorization: `Bearer ${key}` } },
    }),
    judge: (status, body) => {
      const { success, data } = scopesBody.safeParse(body);
      if (!success) return unclear(status);
      return data.scopes.includes('mail.send')
        ? passed('provider', 'the key may send')
        : failed('provider', 'the key may not send', 'give it the scope mail.send');
    },
  },
  postmark: {
    title: 'Postmark',
    needs: ['POSTMARK_SERVER_TOKEN'],
    base: { name: 'POSTMARK_BASE_URL', url: 'https://api.postmarkapp.com' },
    request: ({ POSTMARK_SERVER_TOKEN: token = '' }) => ({
      path: '/server',
      init: { headers: { 'x-postmark-server-token': token, accept: 'application/json' } },
    }),
    judge: (status) =>
      status === 200 ? passed('provider', 'Postmark knows the server of the token') : unclear(status),
  },
  mailgun: {
    title: 'Mailgun',
    needs: ['MAILGUN_API_KEY', 'MAILGUN_DOMAIN'],
    base: { name: 'MAILGUN_BASE_URL', url: 'https://api.mailgun.net' },
    // A sending key may do nothing but send: a message without a recipient is refused after the key was accepted.
    request: ({ MAILGUN_API_KEY: key = '', MAILGUN_DOMAIN: domain = '' }) => ({
      path: `/v3/${encodeURIComponent(domain)}/messages`,
      init: {
        method: 'POST',
        headers: { authorization: basic(`api:${key}`), 'content-type': 'application/x-www-form-urlencoded' },
        body: 'o:testmode=yes',
      },
    }),
    judge: (status) => (status === 400 ? passed('provider', 'Mailgun takes the key for the domain') : unclear(status)),
  },
  ses: {
    title: 'SES',
    needs: ['AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_REGION'],
    base: { name: 'SES_BASE_URL', url: 'https://email.us-east-1.amazonaws.com' },
    // The key may do nothing but send: a mail without a recipient is refused after its signature was accepted.
    request: async (access) => {
      const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = access;
      const region = access['AWS_REGION'] ?? '';
      const base = (access['SES_BASE_URL'] || `https://email.${region}.amazonaws.com`).replace(/\/$/, '');
      const asked = { method: 'POST', url: `${base}/v2/email/outbound-emails`, body: '{}' };
      const signed = await new AwsV4Signer({ ...asked, region, service: 'ses', accessKeyId, secretAccessKey }).sign();
      const headers = { ...Object.fromEntries(signed.headers), 'content-type': 'application/json' };
      return { path: asked.url, init: { method: asked.method, headers, body: asked.body } };
    },
    judge: (status) => (status === 400 ? passed('provider', 'SES takes the key') : unclear(status)),
  },
} as const satisfies Record<HttpEsp, Question>;

/** The provider's answer to its key, and the key's rights; sends nothing. */
export async function providerChecks(esp: Esp, access: Access): Promise<Check[]> {
  if (esp === 'smtp') return [await mailServerCheck(access)];
  const question: Question = QUESTIONS[esp];
  const missing = question.needs.filter((name) => !access[name]);
  if (missing.length > 0) return [skipped('provider', `${missing.join(' and ')} is not set here`)];
  const { path, init } = await question.request(access);
  const { name, url: usual } = question.base;
  const url = new URL(path, access[name] || usual);
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
    return [judgedKey(esp, response.status, await response.json().catch(() => undefined))];
  } catch {
    return [failed('provider', `${url.origin} gives no answer`, `see the network policy and ${name}`)];
  }
}

export function judgedKey(esp: HttpEsp, status: number, body: unknown): Check {
  const { title, needs, judge }: Question = QUESTIONS[esp];
  if (status === 401 || status === 403)
    return failed(
      'provider',
      `${title} refuses the key (${status})`,
      `replace ${needs[0]} in the secret, restart the senders`,
    );
  // The sandbox and older relays do not have the route.
  return status === 404 ? unlisted : judge(status, body);
}
