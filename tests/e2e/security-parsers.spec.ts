import { describe, expect, it } from '@jest/globals';
import { ContractError, parseData, parseIncoming, parseRecorded } from '@leadstream/contracts/envelope';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { leadCreated } from '@leadstream/contracts/lead-created';
import { factsOfReport } from '@leadstream/inbound/bounce/facts';
import { interpret } from '@leadstream/inbound/interpret';
import { isOurs, whose } from '@leadstream/inbound/matching';
import { readMail } from '@leadstream/inbound/mail/mail';
import { parsedMail } from '@leadstream/inbound/mail/mime';
import { Prefix } from '@leadstream/service/prefix';
import { readInboundMail } from '@leadstream/providers/sendgrid/inbound-parse';
import { classify } from '@leadstream/inbound/reply/class';
import { parseEventBatch } from '@leadstream/providers/sendgrid/events';
import { describeError } from '@leadstream/eventlog/errors';
import { canonicalAddress } from '@leadstream/lead/address';
import { clean } from '@leadstream/lead/hygiene';
import { leadOfEntries, leadOfJson } from '@leadstream/lead/intake/understood';
import { readToken, tokenFromAddress } from '@leadstream/lead/signed-token';
import { inferZone } from '@leadstream/lead/zones';
import { render, Unrenderable } from '@leadstream/sequences/render';
import { logger } from '@leadstream/service/log';
import fc from 'fast-check';
import { anyText } from '@leadstream/testing/any-text';

/**
 * Everything that reads what a stranger wrote, given as text. Each answers or throws what it declares, and nothing
 * else.
 */
const SECRETS = ['a secret of the tests', 'an older one'];
const mailOf = (text: string): InboundMail => ({
  fields: { headers: text, subject: text, text, html: text, from: text, to: text, envelope: text },
  cut: [],
  attachments: [{ name: text, type: text, bytes: 1, sha256: '' }],
});
const CONFIG = { LEAD_ID_SECRET: 'a secret', TOKEN_SECRET: SECRETS, FROM_EMAIL: 'sales@acme.example' };
const reads = (posted: InboundMail): unknown => {
  const mail = readMail(posted);
  const at = '2026-01-05T10:00:00Z';
  return [
    isOurs(mail, CONFIG.FROM_EMAIL, SECRETS),
    whose(mail, SECRETS),
    classify(mail, at),
    interpret(mail, CONFIG, { provider: 'sendgrid', at }),
  ];
};
const headers = (text: string) => ({ get: (name: string) => (name === 'ce-type' ? 'lead.created' : text) });
const bytes = (text: string) => new TextEncoder().encode(text);
const silent = logger('test', 'info', { write: () => undefined });

const cleaned = (text: string): unknown => {
  const fields = { [text]: text, a: [text] };
  const parsed = leadCreated.safeParse({
    email: text,
    firstName: text,
    phone: text,
    timeZone: text,
    ip: text,
    leadData: { source: text, pageURL: text, utm: fields, fields },
  });
  // Beyond the contract's lengths too: triage is not the only one that cleans.
  const lead = parsed.data ?? {
    email: 'a@example.com',
    firstName: text,
    phone: text,
    timeZone: text,
    leadData: { source: text, pageURL: `https://e.example/?${text}`, fields },
  };
  return clean(lead, { defaultRegion: 'DE' });
};

const readers: Record<string, (text: string) => unknown> = {
  address: canonicalAddress,
  hygiene: cleaned,
  zone: (text) =>
    inferZone(
      { timeZone: text, country: text, domainCountry: text },
      {
        timeZone: 'Europe/Berlin',
        at: Temporal.Instant.from('2026-01-15T12:00Z'),
      },
    ),
  token: (text) => [
    readToken('reply', text, SECRETS),
    tokenFromAddress(text),
    tokenFromAddress(`r+${text}@reply.example`),
  ],
  form: (text) => leadOfEntries([...new URLSearchParams(text)]),
  'a JSON lead': (text) => leadOfJson({ [text]: text, name: text, leadData: { [text]: text, utm: text } }),
  render: (text) =>
    render(
      {
        subject: "Hi {{ first_name | fallback: 'you' }}",
        body: "Hi {{ first_name | fallback: 'you' }}, {{ details | fallback: 'none' }}",
      },
      { first_name: text, details: text },
    ),
  'mail, whose it is and what it is': (text) => reads(mailOf(text)),
  'mail by its headers': (text) =>
    reads(
      mailOf(
        ['From', 'To', 'Content-Type', 'References', 'Auto-Submitted', 'Precedence', 'Message-ID']
          .map((name) => `${name}: ${text.slice(0, 36_000)}`)
          .join('\n'),
      ),
    ),
  'delivery status notification': (text) =>
    ['Final-Recipient', 'Diagnostic-Code', ''].map((name) =>
      factsOfReport(
        readMail({
          ...mailOf(text),
          report: {
            status: `Action: failed\nFinal-Recipient: a@example.com\n${name}: ${text}`,
            returned: `Message-ID: ${text}`,
          },
        }),
        { LEAD_ID_SECRET: 'a secret', TOKEN_SECRET: SECRETS },
        { provider: 'sendgrid', at: '2026-11-21T10:00:00Z' },
      ),
    ),
  'bounce of qmail': (text) =>
    factsOfReport(
      readMail({
        fields: { text: `Hi. This is the qmail-send program at a.\n\n<a@example.com>:\n${text}` },
        cut: [],
        attachments: [],
      }),
      { LEAD_ID_SECRET: 'a secret', TOKEN_SECRET: SECRETS },
      { provider: 'sendgrid', at: '2026-11-21T10:00:00Z' },
    ),
  'event batch': parseEventBatch,
  'event of a batch': (text) =>
    parseEventBatch(
      JSON.stringify([
        { event: text, email: text, timestamp: text, reason: text, url: text, send_id: text, lead_id: text },
        { event: 'bounce', email: text, timestamp: 1_700_000_000 },
      ]),
    ),
  'message from outside': (text) => parseIncoming(headers(text), bytes(text)),
  'structured message': (text) => parseIncoming(undefined, bytes(text)),
  'message of the log': (text) =>
    parseRecorded({ subject: `leads.x.${text}`, seq: 1, headers: headers(text), data: bytes(text) }),
  'data of an event': (text) => parseData('lead.triaged', { contact: text, dossier: text }),
  'error, as quarantine and traces tell it': (text) =>
    describeError(new Error(text, { cause: new Error(`${text} is not valid JSON`) })),
  'error in the log': (text) => {
    silent.error({ err: new Error(text) }, 'error');
  },
};
const DECLARED = [ContractError, Unrenderable];

/** The parser's result, or its declared error. */
function attempt(read: (text: string) => unknown, text: string): void {
  try {
    read(text);
  } catch (error) {
    if (!DECLARED.some((type) => error instanceof type)) throw error;
  }
}

/** Fragments that mean something to one of them, between any text at all. */
const fragment = fc.constantFrom(
  '@',
  '<',
  '>',
  '"',
  '\\',
  '(',
  ')',
  ',',
  ';',
  ':',
  '\r\n',
  '\n ',
  '\0',
  '=?utf-8?q?=41?=',
  '{{',
  '{%',
  '}}',
  '[x](',
  '__proto__',
  'constructor',
  '\ud800',
  '\u202e',
  'r+',
  'multipart/report; report-type=',
  'unsubscribe',
  'out of office until ',
  '2026-02-30',
  'a@example.com',
  'xn--',
  '{"event":"bounce"}',
  '[',
  '{"specversion":"1.0",',
  '\ue000',
  '\ue001',
  '$&',
  'auto-replied',
  'javascript:',
);
const text = fc
  .array(fc.oneof(fragment, anyText({ maxLength: 12 }), fc.json({ maxDepth: 3 })), { maxLength: 12 })
  .map((parts) => parts.join(''));

describe.each(Object.entries(readers))('what reads a stranger’s %s', (_, read) => {
  it('answers, or throws what it declares, whatever it is given', () => {
    fc.assert(
      fc.property(text, (given) => {
        attempt(read, given);
      }),
      { numRuns: 200 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

/** Runs of near-matches: each is what some pattern could try again from every place. */
const RUNS = [
  'a',
  'a@',
  '@',
  'a.',
  '.',
  ' ',
  ' \t',
  '\r\n',
  '\r\n ',
  '(',
  ')(',
  '<',
  '<a',
  '"',
  '\\"',
  ',',
  ':',
  ';',
  '=',
  'a=',
  '&',
  '%',
  '-',
  'no ',
  'r+a',
  'a2',
  '/',
  '://',
  'www.',
  '{',
  '{{',
  '[',
  '[]',
  '](',
  '\ue000',
  '\ud83d\ude00',
  '\u0301',
  '\u200d',
  'report-type=',
  'boundary=',
  'out of ',
  'until ',
  '1',
  '1.',
  '1 ',
  'on ',
  'away until 1. ',
  '_',
  '*',
  '> ',
  '&nbsp;',
  '\0',
  'I am no longer ',
  '"event":',
];
/** Each of these takes milliseconds; what goes with the square of its length takes many seconds. */
const PATIENCE_MS = 2_000;

describe.each(Object.entries(readers))('128 KiB for what reads a stranger’s %s', (_, read) => {
  it('costs no more than reading it', () => {
    const slow = RUNS.filter((part) => {
      const long = `${part.repeat(131_072 / part.length)}!`;
      const before = process.cpuUsage();
      attempt(read, long);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000 > PATIENCE_MS;
    });
    expect(slow).toEqual([]);
  });
});

describe('a multipart body', () => {
  const type = 'multipart/form-data; boundary=xYzZY';
  const part = fc
    .tuple(fc.constantFrom('envelope', 'headers', 'text', 'charsets', 'email', '__proto__', 'constructor', ''), text)
    .map(([name, value]) => `--xYzZY\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  const body = fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: part },
        text,
        fc.constantFrom('--xYzZY--\r\n', '--xYzZY', '\r\n\r\n', 'Content-Disposition: form-data; name=\r\n'),
      ),
      { maxLength: 10 },
    )
    .map((parts) => parts.join(''));

  it('is read or has a problem, whatever is in it and wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.nat(),
        fc.constantFrom(type, 'multipart/form-data', 'text/plain', ''),
        async (given, at, contentType) => {
          const raw = Buffer.from(given);
          const mail = await readInboundMail(
            (async function* () {
              yield* [raw.subarray(0, at % (raw.length + 1)), raw.subarray(at % (raw.length + 1))];
            })(),
            contentType,
            (...room) => new Prefix(...room),
          );
          expect(Object.getPrototypeOf(mail.fields)).toBe(Object.prototype);
          expect(JSON.parse(JSON.stringify(mail))).toEqual(mail);
          reads(mail);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('with a message of any bytes in it has its headers at least', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        const mail = {
          fields: {},
          cut: [],
          attachments: [],
          mime: Buffer.from(
            `From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${given}`,
          ).toString('base64'),
        };
        expect((await parsedMail(mail)).fields.headers).toContain('From: a@example.com');
      }),
      { numRuns: 10 },
    );
  });
});
