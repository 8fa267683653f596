import { describe, expect, it } from '@jest/globals';
import { leadId } from '@leadstream/lead/identity';
import { replyAddress, signToken } from '@leadstream/lead/signed-token';
import { interpret, type Meaning } from './interpret.ts';
import { readMail } from './mail/mail.ts';

const CONFIG = {
  LEAD_ID_SECRET: 'a secret',
  TOKEN_SECRET: ['a secret of the tests'],
  FROM_EMAIL: 'sales@acme.example',
};
const AT = '2026-11-21T10:00:00Z';
const ARRIVAL = { provider: 'sendgrid', at: AT } as const;
const JANE = leadId(CONFIG.LEAD_ID_SECRET, 'jane@example.com');
const BY_TOKEN = [replyAddress(signToken('reply', JANE, CONFIG.TOKEN_SECRET), 'reply.acme.example')];
const REPORT = { status: 'Final-Recipient: rfc822; jane@example.com\nAction: failed\nStatus: 5.1.1' };

interface Given {
  headers?: Record<string, string>;
  to?: string[];
  text?: string;
  report?: { status: string };
  spf?: string;
}
function meaningOf({
  headers = {},
  to = ['sales@acme.example'],
  text = 'Call me.',
  report,
  spf = 'fail',
}: Given): Meaning {
  const lines = Object.entries({ From: 'jane@example.com', 'Message-ID': '<1@example.com>', ...headers });
  const fields = {
    headers: lines.map((line) => line.join(': ')).join('\n'),
    text,
    SPF: spf,
    envelope: JSON.stringify({ to, from: 'jane@example.com' }),
  };
  return interpret(readMail({ fields, cut: [], attachments: [], ...(report ? { report } : {}) }), CONFIG, ARRIVAL);
}

describe('a mail', () => {
  it('to an address given to one lead only is a reply of that lead', () => {
    expect(meaningOf({ to: BY_TOKEN })).toMatchObject({
      kind: 'reply',
      isForRep: true,
      about: { leadIds: [JANE] },
      feedback: { kind: 'replied', class: 'human', matchedBy: 'token', at: AT },
    });
  });

  it('names the claim of the mail that it answers, of the same lead only', () => {
    const SEND = '0b0e7a5c-3f0e-4c2a-9a51-6a2f6a1d9e10';
    const sendIdOf = (leadId: string, id = SEND) => {
      const token = signToken('reply', leadId, CONFIG.TOKEN_SECRET);
      const meaning = meaningOf({ to: BY_TOKEN, headers: { References: `<${id}.${token}@acme.example>` } });
      return meaning.kind === 'reply' ? meaning.feedback.sendId : meaning.kind;
    };
    const joe = leadId(CONFIG.LEAD_ID_SECRET, 'joe@example.com');
    expect([sendIdOf(JANE), sendIdOf(joe), sendIdOf(JANE, 'x')]).toEqual([SEND, undefined, undefined]);
  });

  it('to such an address is a reply even if it looks like a newsletter', () => {
    expect(meaningOf({ to: BY_TOKEN, headers: { 'List-Id': 'x' } })).toMatchObject({
      kind: 'reply',
      feedback: { class: 'human', evidence: 'List-Id: x'.toLowerCase() },
    });
  });

  it.each([
    ['pass', ['jane@example.com']],
    ['fail', []],
  ])('that an address alone matches has the proof of SPF: %s', (spf, proven) => {
    const meaning = meaningOf({ spf });
    expect(meaning).toMatchObject({ kind: 'reply', about: { addresses: ['jane@example.com'], matchedBy: 'address' } });
    expect(meaning.kind === 'reply' && 'addresses' in meaning.about && [...(meaning.about.proven ?? [])]).toEqual(
      proven,
    );
  });

  it('by a machine is a reply that the rep does not read', () => {
    expect(meaningOf({ headers: { 'Auto-Submitted': 'auto-replied' }, text: 'away until 2026-12-01' })).toMatchObject({
      kind: 'reply',
      isForRep: false,
      feedback: { class: 'out-of-office', until: '2026-12-02T00:00:00Z' },
    });
  });

  it('of our own has no effect, even with a token', () => {
    expect(meaningOf({ to: BY_TOKEN, headers: { From: 'Sam <sales@acme.example>' } })).toEqual({ kind: 'own-mail' });
  });

  it.each<[string, string, Given]>([
    [
      'a complaint to the lead’s token',
      'complaint',
      { to: BY_TOKEN, headers: { 'Content-Type': 'multipart/report; report-type=feedback-report' } },
    ],
    [
      'a complaint that names no lead',
      'no-effect',
      { headers: { 'Content-Type': 'multipart/report; report-type=feedback-report' } },
    ],
    [
      'a bounce with the lead’s token',
      'delivery-report',
      { to: BY_TOKEN, report: REPORT, headers: { 'Content-Type': 'multipart/report; report-type=delivery-status' } },
    ],
    [
      'a bounce without a token',
      'no-effect',
      { report: REPORT, headers: { 'Content-Type': 'multipart/report; report-type=delivery-status' } },
    ],
    [
      'a receipt',
      'no-effect',
      { to: BY_TOKEN, headers: { 'Content-Type': 'multipart/report; report-type=disposition-notification' } },
    ],
    ['a newsletter', 'no-effect', { headers: { 'List-Id': 'x' } }],
  ])('that is %s has the meaning %s', (_, kind, given) => {
    expect(meaningOf(given).kind).toBe(kind);
  });

  it('that names neither a token nor a sender is unattributed', () => {
    expect(interpret(readMail({ fields: { text: 'hi' }, cut: [], attachments: [] }), CONFIG, ARRIVAL)).toEqual({
      kind: 'unattributed',
    });
  });
});
