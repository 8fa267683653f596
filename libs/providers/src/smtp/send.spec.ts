import { describe, expect, it } from '@jest/globals';
import PostalMime from 'postal-mime';
import type { Email } from '../port.ts';
import { email } from '../testing/faulty-server.ts';
import { end, faultySmtp, PIPELINED, reset, silence, type Point, type Reaction } from '../testing/faulty-smtp.ts';
import { smtpSend, type SmtpSettings } from './send.ts';

/** Long enough for any response on a busy machine. */
const PATIENT_MS = 20_000;
/** A whole session has to fit into it too. */
const IMPATIENT_MS = 1_000;

const ID = '3f1c9a80-0000-4000-8000-000000000001';
const LEAD = '3f1c9a80-0000-4000-8000-000000000002';
const mail: Email = { ...email, sendId: ID, leadId: LEAD };

const accepted = { kind: 'accepted', provider: 'smtp', status: 250 };
const account = { kind: 'refused', class: 'account' };
const permanent = { kind: 'permanent', class: 'permanent' };
const limited = { kind: 'refused', class: 'rate-limited' };
const failing = { kind: 'refused', class: 'server-error' };
const unreachable = { kind: 'refused', class: 'unreachable' };
const lost = { kind: 'unknown', class: 'connection-lost' };
const closed = { ...permanent, isClosed: true };
const DAY_MS = 3_600_000;

/** Each reply code and each end of the connection, at each point of a session. */
const OUTCOMES: [Point, Reaction, object][] = [
  ['greeting', '421 4.3.2 no service', failing],
  ['greeting', '554 5.7.1 no SMTP service here', account],
  ['greeting', 'SSH-2.0-OpenSSH_9.6', unreachable],
  ['greeting', end, unreachable],
  ['greeting', reset, unreachable],
  ['EHLO', '421 4.7.0 too many connections', limited],
  ['EHLO', end, unreachable],
  ['AUTH', '535 5.7.8 wrong password', account],
  ['AUTH', '534 5.7.9 application password required', account],
  ['AUTH', '504 5.5.4 unknown mechanism', account],
  ['AUTH', '454 4.7.0 temporary authentication failure', failing],
  ['AUTH', '421 4.7.0 too many login attempts', limited],
  ['AUTH', reset, unreachable],
  ['MAIL', '530 5.7.0 authentication required', account],
  ['MAIL', '550 5.7.60 not permitted to send as this sender', account],
  ['MAIL', '553 5.1.8 sender unknown', account],
  ['MAIL', '552 5.3.4 too large', permanent],
  ['MAIL', '451 4.3.0 try again', failing],
  ['MAIL', '454 4.7.0 Throttling failure: maximum send rate exceeded', limited],
  ['MAIL', '550 5.4.5 Daily sending quota exceeded', { ...limited, retryAfterMs: DAY_MS }],
  ['MAIL', end, unreachable],
  ['RCPT', '550 5.1.1 <jane@example.com> no such user', closed],
  ['RCPT', '550 5.1.2 no such host', closed],
  ['RCPT', '556 5.1.10 the domain takes no mail', closed],
  ['RCPT', '550 no such user', permanent],
  ['RCPT', '552 5.2.2 over quota', permanent],
  ['RCPT', '553 5.1.3 bad address', closed],
  ['RCPT', '550 5.7.1 blocked for this recipient', permanent],
  ['RCPT', '554 5.7.1 <jane@example.com>: Relay access denied', account],
  ['RCPT', '454 4.7.1 <jane@example.com>: Relay access denied', account],
  ['RCPT', '503 5.5.1 need a login', account],
  ['RCPT', '450 4.1.2 domain not found', { ...failing, isOfRecipient: true }],
  ['RCPT', '451 4.7.1 greylisted', { ...failing, isOfRecipient: true }],
  ['RCPT', '452 4.5.3 too many recipients', limited],
  ['RCPT', '550 5.1.1 <rate.too.many.daily@example.com> no such user', closed],
  ['RCPT', '550 5.1.1 relay.rate@example.com no such user', closed],
  ['RCPT', reset, unreachable],
  ['DATA', '451 4.3.0 no space', failing],
  ['DATA', '554 5.5.1 no valid recipients', permanent],
  ['DATA', '530 5.7.0 must issue a STARTTLS command first', account],
  ['DATA', end, unreachable],
  ['body', '552 5.3.4 too large', permanent],
  ['body', reset, lost],
  ['body', end, lost],
  ['mail', '250 2.0.0 Ok', accepted],
  ['mail', '250-2.0.0 two\r\n250 2.0.0 lines', accepted],
  ['mail', '421 4.3.2 shutting down', failing],
  ['mail', '451 4.7.0 try again later', failing],
  ['mail', '452 4.3.1 no space', failing],
  ['mail', '550 5.1.1 no such user', closed],
  ['mail', '554 5.6.0 a virus', permanent],
  ['mail', '554 5.4.6 too many hops', permanent],
  ['mail', '550 5.7.1 looks like spam', permanent],
  ['mail', '550 5.7.26 unauthenticated mail of this domain', account],
  ['mail', '550 5.7.708 access denied, traffic not accepted from this IP', account],
  ['mail', 'gibberish', lost],
  ['mail', (socket) => void socket.end('250 2.0.0 O'), lost],
  ['mail', (socket) => void socket.end('451 4.3.0 tr'), failing],
  ['mail', reset, lost],
  ['mail', end, lost],
];

describe('a mail server', () => {
  const { state, port } = faultySmtp();
  const settings = (over: Partial<SmtpSettings> = {}): SmtpSettings => ({
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: port(),
    SMTP_USER: 'sender',
    SMTP_PASSWORD: 'a-secret-password',
    SMTP_TLS: 'none',
    SMTP_RETURN_PATH: 'reply-address',
    ESP_TIMEOUT_MS: PATIENT_MS,
    ...over,
  });

  it.each(OUTCOMES)('has an outcome after %s: %s, and one connection', async (point, reaction, outcome) => {
    for (const usual of [{}, PIPELINED]) {
      Object.assign(state, { script: { ...usual, [point]: reaction }, connections: 0, mails: [] });
      if (point === 'EHLO' && usual === PIPELINED) continue;
      const found = await smtpSend(settings())(mail);
      expect(found).toMatchObject(outcome);
      expect(JSON.stringify(found)).not.toContain('secret');
      expect(state.connections).toBe(1);
      if (point !== 'body') expect(state.mails).toHaveLength(point === 'mail' ? 1 : 0);
    }
  });

  it.each<[Point, object]>([
    ['greeting', unreachable],
    ['DATA', unreachable],
    ['mail', { kind: 'unknown', class: 'timeout' }],
  ])('is silent at %s until the deadline', async (point, outcome) => {
    state.script = { [point]: silence };
    expect(await smtpSend(settings({ ESP_TIMEOUT_MS: IMPATIENT_MS }))(mail)).toMatchObject(outcome);
    expect(state.connections).toBe(1);
  });

  it.each<[string, Partial<SmtpSettings>, object]>([
    ['nothing listens', { SMTP_PORT: 9 }, unreachable],
    ['its name is unknown', { SMTP_HOST: 'mx.invalid' }, unreachable],
    ['it has no STARTTLS', { SMTP_TLS: 'starttls' }, account],
  ])('gets neither the password nor the mail when %s', async (_, over, outcome) => {
    expect(await smtpSend(settings(over))(mail)).toMatchObject(outcome);
    expect(state.commands.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
  });

  it('gets the mail with our ids, and a return path that names the lead', async () => {
    state.script = PIPELINED;
    expect(await smtpSend(settings())(mail)).toMatchObject({
      ...accepted,
      providerMessageId: expect.stringContaining('4ABC'),
    });
    expect(state.commands.filter((line) => line !== 'QUIT')).toEqual([
      'EHLO example.com',
      expect.stringMatching(/^AUTH PLAIN /),
      expect.stringMatching(
        new RegExp(`^MAIL FROM:<r\\+token@reply\\.example\\.com> SIZE=\\d+ RET=HDRS ENVID=${ID}\\.${LEAD}$`),
      ),
      'RCPT TO:<jane@example.com> NOTIFY=FAILURE,DELAY',
      'DATA',
    ]);
    const parsed = await PostalMime.parse(state.mails[0] ?? '');
    expect(parsed).toMatchObject({
      from: { address: 'rep@example.com', name: 'Rep "R" Müller' },
      to: [{ address: 'jane@example.com' }],
      replyTo: [{ address: 'r+token@reply.example.com' }],
      subject: 'Grüße',
      text: expect.stringContaining('Hello & welcome'),
      html: expect.stringContaining('<p>Hello</p>'),
      messageId: '<s-1.token@reply.example.com>',
    });
    expect(state.mails[0]).toContain('List-Unsubscribe: <https://example.com/u/token>');
    expect(state.mails[0]).toMatch(/^[\x00-\x7f]*$/);
  });

  it.each<[string, Partial<Email>, SmtpSettings['SMTP_RETURN_PATH'], string]>([
    ['a lead', {}, 'from-email', 'rep@example.com'],
    ['our own people', { replyTo: { email: 'jane@lead.example' } }, 'reply-address', 'rep@example.com'],
  ])('reports to the sender’s address about a mail to %s', async (_, over, choice, path) => {
    await smtpSend(settings({ SMTP_RETURN_PATH: choice }))({ ...mail, ...over });
    expect(state.commands).toContainEqual(expect.stringContaining(`MAIL FROM:<${path}>`));
  });

  it('without a login is asked for none', async () => {
    expect(await smtpSend(settings({ SMTP_USER: undefined, SMTP_PASSWORD: undefined }))(mail)).toMatchObject(accepted);
    expect(state.commands.some((line) => line.startsWith('AUTH'))).toBe(false);
  });

  it.each([
    ['a second line', { to: 'jane@example.com>\r\nRCPT TO:<eve@example.com' }, permanent],
    ['a dot alone', { text: 'a\r\n.\r\nMAIL FROM:<eve@example.com>' }, accepted],
    ['a header in the subject', { subject: 'x\r\nBcc: eve@example.com' }, accepted],
  ])('is told nothing by %s in a mail', async (_, over, outcome) => {
    expect(await smtpSend(settings())({ ...mail, ...over })).toMatchObject(outcome);
    expect(state.commands.join('\n')).not.toContain('eve@');
    expect(state.mails.join('')).not.toMatch(/^Bcc:/m);
  });
});
