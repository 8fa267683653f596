import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { InboundMail } from '@leadstream/contracts/feedback';
import fc from 'fast-check';
import { anyText } from '@leadstream/testing/any-text';
import { parseHeaders } from '../mail/headers.ts';
import { readMail } from '../mail/mail.ts';
import { parsedMail } from '../mail/mime.ts';
import { classify as classifyMail } from './class.ts';

const RECEIVED = '2026-11-21T10:00:00Z';
const mail = (headers: Record<string, string>, fields: Record<string, string> = {}): InboundMail => ({
  fields: {
    headers: Object.entries({ From: 'Jane <jane@example.com>', ...headers })
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    envelope: '{"to":["r+abc@reply.example.com"],"from":"jane@example.com"}',
    text: 'Sounds good, call me.',
    ...fields,
  },
  cut: [],
  attachments: [],
});
/** Not the words of a person who agrees. */
const NEWS = { text: 'Our news of this week.' };
const classify = (input: InboundMail, receivedAt?: string) => classifyMail(readMail(input), receivedAt);
const verdict = (input: InboundMail): string => {
  const found = classify(input, RECEIVED);
  return 'class' in found ? found.class : found.notAReply;
};

describe('a real mail', () => {
  const folder = new URL('../fixtures/auto-replies/', import.meta.url);
  const names = readdirSync(folder);
  const expected: [start: string, verdict: string][] = [
    ['arf-', 'complaint'],
    ['lhost-', 'bounce'],
    ['rfc3834-', 'out-of-office'],
  ];
  const load = (name: string): { parsed: InboundMail; raw: InboundMail } => {
    const eml = readFileSync(new URL(name, folder), 'latin1');
    const end = /\r?\n\r?\n/.exec(eml)!.index;
    const headers = parseHeaders(eml);
    const envelope = JSON.stringify({
      to: ['r+abc@reply.example.com'],
      from: headers.get('return-path')?.[0]?.replace(/[<>]/g, ''),
    });
    const rest = { cut: [], attachments: [] };
    return {
      parsed: {
        ...rest,
        fields: {
          envelope,
          headers: eml.slice(0, end),
          text: eml.slice(end).trim(),
          subject: headers.get('subject')?.[0] ?? '',
        },
      },
      raw: { ...rest, fields: { envelope }, mime: Buffer.from(eml, 'latin1').toString('base64') },
    };
  };

  it.each(names.map((name) => [name, expected.find(([start]) => name.startsWith(start))![1]]))(
    '%s is %s, posted parsed or raw',
    async (name, kind) => {
      const { parsed, raw } = load(name);
      const read = await parsedMail(raw);
      expect([read.problem, verdict(parsed), verdict(read)]).toEqual([undefined, kind, kind]);
    },
  );

  it('that names the day of return has an `until`', () => {
    expect(classify(load('rfc3834-01.eml').parsed, '2005-04-29T14:34:45Z')).toEqual({
      class: 'out-of-office',
      evidence: 'auto-submitted: auto-replied',
      until: '2005-05-06T00:00:00Z',
    });
  });
});

describe('a mail that is no reply', () => {
  it.each([
    ['bounce', { 'Content-Type': 'multipart/report; boundary=x; report-type="delivery-status"' }, {}],
    [
      'receipt',
      { 'Content-Type': 'multipart/report; report-type=delivery-status' },
      { text: 'Reporting-MTA: dns; a\nAction: delayed\n' },
    ],
    ['bounce', { 'Content-Type': 'multipart/report; report-type=delivery-status' }, { text: 'Action: failed' }],
    ['complaint', { 'Content-Type': 'multipart/report;\n\treport-type=feedback-report' }, {}],
    ['receipt', { 'Content-Type': 'multipart/report; report-type=disposition-notification' }, {}],
    ['bounce', { From: 'Mail Delivery System <MAILER-DAEMON@mx.example.com>' }, {}],
    ['bounce', { From: 'postmaster@example.com' }, { envelope: '{"to":["a@b.co"],"from":""}' }],
    [
      'bounce',
      { 'Content-Type': 'multipart/report; report-type=delivery-status' },
      { text: 'Action: delayed\n\nAction: failed' },
    ],
    ['bounce', { From: 'MAILER-DAEMON (Mail Delivery System)' }, { envelope: '{"to":["a@b.co"],"from":""}' }],
    ['bounce', { From: 'Mail System <noreply@example.com>', 'X-Failed-Recipients': 'jane@example.com' }, {}],
    ['bounce', { From: 'System Administrator <postmaster@example.com>', Subject: 'Undeliverable: x' }, {}],
    [
      'bounce',
      { From: 'Mail System <mail@example.com>', Subject: 'Unzustellbar: x' },
      { envelope: '{"to":["a@b.co"],"from":"<>"}' },
    ],
    ['bounce', { 'Return-Path': '<>', Subject: '配信不能: x' }, { envelope: '' }],
    [
      'receipt',
      {
        From: 'mailer-daemon@example.com',
        'Content-Type': 'multipart/report; report-type=delivery-status',
        Subject: 'Delivery Status Notification (Delay)',
      },
      { text: '' },
    ],
    ['receipt', { From: 'Mailer-Daemon@example.com', Subject: 'Warning: message 1abc delayed 24 hours' }, {}],
    [
      'receipt',
      { From: 'x@example.com', 'X-Failed-Recipients': 'a@b.co', Subject: 'Warning: message 1abc delayed 24 hours' },
      {},
    ],
    [
      'receipt',
      { From: 'MAILER-DAEMON@example.com', Subject: 'Warning' },
      { text: '** THIS IS A WARNING MESSAGE ONLY **' },
    ],
    [
      'receipt',
      { Subject: 'Not read: Your enquiry' },
      { text: 'Your message\n\n  To: Jane\n\nwas deleted without being read.' },
    ],
    ['receipt', { Subject: 'Gelesen: Ihre Anfrage' }, { text: 'Ihre Nachricht\n\n  An: Jane\n\nwurde gelesen.' }],
    ['bulk', { 'List-Id': '<news.example.com>' }, NEWS],
    ['bulk', { 'List-Unsubscribe': '<mailto:x@example.com>' }, NEWS],
    ['bulk', { Precedence: 'bulk' }, NEWS],
    ['bulk', { Precedence: 'list' }, NEWS],
  ])('is a %s: %j %j', (kind, headers, fields) => {
    expect(verdict(mail(headers, fields))).toBe(kind);
  });

  it('is recognised by an attached report too', () => {
    const attached = (type: string): string =>
      verdict({ ...mail({}), attachments: [{ name: 'a', type, bytes: 1, sha256: '' }] });
    expect([
      attached('message/delivery-status'),
      attached('message/feedback-report'),
      attached('message/rfc822'),
    ]).toEqual(['bounce', 'complaint', 'human']);
  });

  it('keeps its evidence short and free of the boundary', () => {
    const { evidence } = classify(
      mail({ 'Content-Type': `multipart/report; boundary="x"; report-type=delivery-status; pad=${'p'.repeat(9_000)}` }),
    );
    expect(evidence).toContain('report-type=delivery-status');
    expect(evidence).not.toContain('boundary');
    expect(evidence.length).toBeLessThan(300);
  });
});

describe('an automatic reply', () => {
  it.each([
    [{ 'Auto-Submitted': 'auto-replied' }],
    [{ 'Auto-Submitted': 'auto-replied; owner-email="x"' }],
    [{ 'Auto-Submitted': ' "auto-replied"(on behalf of (jane))' }],
    [{ 'X-Autoresponse': 'yes' }],
    [{ 'X-Auto-Reply': '1' }],
    [{ 'X-Auto-Reply-To': 'a@b.co' }],
    [{ 'X-Auto-Response': 'true' }],
    [{ 'X-Auto-Respond': 'yes' }],
    [{ Subject: '[External] [Auto-Reply] Re: x' }],
    [{ Subject: '(Automated response) x' }],
    [{ Subject: '***AutoReply*** x' }],
    [{ Subject: 'Auto-Reply Re: x' }],
    [{ Subject: 'Automated response!' }],
    [{ 'auto-submitted': '(by mistake) Auto-Notified' }],
    [{ 'X-Autoreply': 'yes' }],
    [{ 'X-Autorespond': 'Re: x' }],
    [{ 'X-AutoReply-From': 'a@b.co' }],
    [{ 'X-Mail-Autoreply': 'x' }],
    [{ 'X-Amazon-Auto-Reply': 'true' }],
    [{ 'X-Autogenerated': 'Reply' }],
    [{ 'X-FC-MachineGenerated': 'true' }],
    [{ 'X-POST-MessageClass': '9; Autoresponder' }],
    [{ 'Delivered-To': 'Autoresponder' }],
    [{ Precedence: 'auto_reply' }],
    [{ 'X-Precedence': 'auto_reply' }],
    [{ Preference: 'auto_reply' }],
    [{ 'X-Autoresponder': 'yes' }],
    [{ 'Auto-Submitted': '(a (b) c) auto-replied' }],
    [{ Subject: 'AutoReply: Re: your enquiry' }],
  ])('is automatic: %j', (headers) => {
    expect(verdict(mail(headers))).toBe('auto');
  });

  it.each([
    [{ 'X-Apple-Action': 'vacation' }],
    [{ 'Auto-Submitted': 'auto-replied', Subject: 'Away until May 5' }],
    [{ 'X-Autoreply': 'yes', Subject: 'Im Urlaub Re: Ihre Anfrage' }],
    [{ Subject: 'Automatic reply: Your enquiry' }],
    [{ Subject: 'Automatische Antwort: Ihre Anfrage' }],
    [{ Subject: 'Abwesenheitsnotiz: x' }],
    [{ Subject: 'Réponse automatique : x' }],
    [{ Subject: 'Respuesta automática: x' }],
    [{ Subject: 'Out of Office: x' }],
    [{ Subject: '自動返信: x' }],
    [{ Subject: '[EXTERNAL] Automatic reply: x' }],
    [{ Subject: 'Reponse automatique: x' }],
    [{ Subject: 'Re\u0301ponse automatique : x' }],
    [{ Subject: 'Message d’absence' }],
    [{ Subject: 'Fuera de oficina' }],
    [{ Subject: 'Assenza dall’ufficio' }],
    [{ Subject: 'Ausência do escritório' }],
    [{ Subject: 'Automatyczna odpowiedź: x' }],
    [{ Subject: 'Frånvaro: x' }],
    [{ Subject: 'Ikke på kontoret: x' }],
    [{ Subject: 'Poissa toimistosta' }],
    [{ Subject: 'Mimo kancelář' }],
    [{ Subject: 'Αυτόματη απάντηση: x' }],
    [{ Subject: 'Автоответ: x' }],
    [{ Subject: 'תשובה אוטומטית: x' }],
    [{ Subject: 'رد تلقائي: x' }],
    [{ Subject: 'Trả lời tự động: x' }],
    [{ Subject: '자동 응답: x' }],
    [{ Subject: '自動回應: x' }],
    [{ Subject: 'I am out of the office' }],
    [{ Subject: 'AUTO: Jane Doe is out of the office (returning 13/13/2026)' }],
    [{ Subject: 'AUTO: Jane Doe ist außer Haus' }],
    [{ Subject: '[Out of Office] Re: x' }],
    [{ Subject: '[Abwesenheitsnotiz] AW: x' }],
    [{ Subject: 'Out of Office AutoReply: x' }],
    [{ Subject: 'Automatic reply (Out of office)' }],
    [{ Subject: 'Out of office - RE: x' }],
    [{ Subject: 'Abwesenheit AW: x' }],
    [{ Subject: '=?iso-8859-1?Q?R=E9ponse?= =?utf-8?B?IGF1dG9tYXRpcXVlIDogeA==?=' }],
  ])('is an out-of-office by its headers: %j', (headers) => {
    expect(verdict(mail(headers, { text: 'Your mail has arrived.' }))).toBe('out-of-office');
  });

  it.each([
    [
      { 'Auto-Submitted': 'auto-replied (vacation)', Subject: 'Auto: your enquiry' },
      'I am on vacation and read this when I am there again.',
    ],
    [{ 'X-Autoreply': 'yes', Precedence: 'bulk', Subject: 'Re: x' }, 'Ich bin im Urlaub und melde mich danach.'],
    [{ Precedence: 'junk', 'In-Reply-To': '<1@example.com>', Subject: 'Re: x' }, 'Je suis en congés.'],
    [
      { 'Auto-Submitted': 'auto-generated', Subject: 'Re: x' },
      'I am on annual leave until Monday. See https://a.example/?b',
    ],
  ])('is an out-of-office by its text: %j', (headers, text) => {
    expect(verdict(mail(headers, { text }))).toBe('out-of-office');
  });

  it.each([
    ['Support request 5512 received', 'Hello Sam, your request was logged as 5512.'],
    ['x', 'Your request was logged. An adviser will contact you.'],
  ])('of a help desk states that the request is registered, and one thing more: %s / %s', (subject, text) => {
    const headers = { 'Auto-Submitted': 'auto-generated', Subject: subject };
    expect(verdict(mail(headers, { text }))).toBe('auto');
    expect(verdict(mail({ ...headers, Subject: `Re: ${subject}` }, { text: 'Your request was logged.' }))).toBe(
      'human',
    );
  });

  it('of a ticket system is recognised by its text when its headers say only bulk', () => {
    expect(
      verdict(
        mail(
          { Precedence: 'bulk', 'In-Reply-To': '<1@example.com>' },
          { text: 'Dear Jane,\nwe have received your request; a ticket has been created.' },
        ),
      ),
    ).toBe('auto');
  });

  it('includes every mail with a null envelope sender: no person’s mail has one', () => {
    expect(verdict(mail({}, { envelope: '{"to":["a@b.co"],"from":""}' }))).toBe('auto');
    const forwarded = { 'X-MS-Exchange-Inbox-Rules-Loop': 'a@b.co', 'Auto-Submitted': 'auto-generated' };
    expect(verdict(mail(forwarded, { envelope: '{"to":["a@b.co"],"from":""}' }))).toBe('human');
  });

  it.each([
    ['I am away until 2026-12-01.', '2026-12-02T00:00:00Z'],
    ['Ich bin ab dem 1.12.2026 wieder im Büro, bis 30.11.2026 im Urlaub.', '2026-12-02T00:00:00Z'],
    ['I will return on Tuesday, December 1st, 2026.', '2026-12-02T00:00:00Z'],
    ['back 24 November', '2026-11-25T00:00:00Z'],
    ['Out through Dec. 3; calls until Nov 30', '2026-12-04T00:00:00Z'],
    ['away until 21 November', '2026-11-22T00:00:00Z'],
    ['away until 2026-12-21', '2026-12-22T00:00:00Z'],
    ['away until 2026-12-22', '2026-12-22T00:00:00Z'],
    ['on leave until 1 March 2027', '2026-12-22T00:00:00Z'],
    ['away until 2028-12-22', undefined],
    ['away until 20 November', undefined],
    ['away until 2025-12-01', undefined],
    ['away until 12/01/2026', '2026-12-02T00:00:00Z'],
    ['away until 2026-11-31', undefined],
    ['away until next week', undefined],
    ['Our shop opened on 2026-12-01', undefined],
    ['until further notice. Call 2026-12-011', undefined],
  ])('gives a return only where it is clear and near: %s', (text, until) => {
    expect(classify(mail({ 'Auto-Submitted': 'auto-replied', Subject: 'Out of office' }, { text }), RECEIVED)).toEqual({
      class: 'out-of-office',
      evidence: 'auto-submitted: auto-replied',
      ...(until ? { until } : {}),
    });
  });

  it('adds the year to a return in January that a mail of December names', () => {
    const away = mail({ 'Auto-Submitted': 'auto-replied' }, { text: 'I am back on January 4.' });
    expect(classify(away, '2026-12-20T10:00:00Z')).toMatchObject({ until: '2027-01-05T00:00:00Z' });
  });

  it.each([
    ['Jane Doe no longer works at Acme. Please write to john@example.com.', 'says: no longer works at'],
    ['I am no longer with the company.', 'says: no longer with'],
    ['Jane has left the company.', 'says: has left the company'],
    ['Frau Doe ist nicht mehr bei uns.', 'says: nicht mehr bei uns'],
    ['Jane hat das Unternehmen verlassen.', 'says: hat das unternehmen verlassen'],
    ['Jane ne travaille plus ici.', 'says: ne travaille plus ici'],
    ['Jane a quitté la société.', 'says: a quitte la societe'],
    ['Jane ya no trabaja aquí.', 'says: ya no trabaja'],
    ['Jane werkt niet meer bij ons.', 'says: werkt niet meer bij'],
    ['Frau Doe ist nicht mehr für die Acme GmbH tätig.', 'says: nicht mehr fur'],
    ['Jane has left Acme. Until 1 December 2026 write to Bob.', 'says: has left'],
    ['Jane non fa più parte di Acme.', 'says: non fa piu parte'],
    ['A Jane já não trabalha connosco.', 'says: ja nao trabalha'],
    ['Jane nie pracuje już w Acme.', 'says: nie pracuje juz'],
    ['Jane har slutat.', 'says: har slutat'],
    ['Jane er ikke længere ansat hos os.', 'says: er ikke længere ansat'],
    ['Jane již ve společnosti nepracuje.', 'says: jiz'],
    ['Джейн больше не работает у нас.', 'says: больше не работает'],
    ['田中は10月末をもって退職いたしました。', 'says: 退職いた'],
    ['This mailbox is no longer in use.', 'says: mailbox is no longer in use'],
  ])('is of a person who has left, and its evidence has no name: %s', (text, evidence) => {
    expect(classify(mail({ 'Auto-Submitted': 'auto-replied' }, { text }), RECEIVED)).toEqual({
      class: 'left',
      evidence,
    });
  });

  it.each([
    [
      'out-of-office',
      { 'Auto-Submitted': 'auto-replied' },
      'I no longer work for clients on Fridays; back on 2026-12-01.',
    ],
    ['auto', { 'Auto-Submitted': 'auto-replied' }, 'Our offer is no longer valid.'],
    ['auto', { 'Auto-Submitted': 'auto-replied' }, 'I am no longer at my desk.'],
    ['human', {}, 'Jane no longer works at Acme, I took over. What do you offer?'],
  ])('is %s where that is not clear, and a person’s word is a person’s', (kind, headers, text) => {
    expect(verdict(mail(headers, { text }))).toBe(kind);
  });

  it('has no return date without the time of its arrival', () => {
    expect(classify(mail({ 'Auto-Submitted': 'auto-replied' }, { text: 'away until 2026-12-01' }))).toEqual({
      class: 'auto',
      evidence: 'auto-submitted: auto-replied',
    });
  });
});

describe('a person’s reply', () => {
  it.each([
    ['says anything', {}, {}],
    ['says nothing', {}, { text: '' }],
    ['answers an automatic reply', { Subject: 'Re: Automatic reply: x' }, {}],
    ['answers a marked one', { Subject: 'Re: [Auto-Reply] Re: x' }, {}],
    ['asks about absences', { Subject: 'Out of office?' }, {}],
    ['writes about automatic replies', { Subject: 'Automatic reply to our forms: how does yours work' }, {}],
    ['has a project with such a name', { Subject: '[Out of office app] quote' }, {}],
    ['is on leave soon', { Subject: 'Im Urlaub ab Montag, Termin vorher?' }, {}],
    ['is marked as generated', { 'Auto-Submitted': 'auto-generated; x=y' }, {}],
    ['is marked as no automatic one, against its subject', { 'Auto-Submitted': 'No', Subject: 'Out of office: x' }, {}],
    [
      'is marked as generated, and asks',
      { 'Auto-Submitted': 'auto-generated', Subject: 'RE: Holiday offer' },
      { text: 'I am on holiday next week. Could we talk before that?' },
    ],
    [
      'writes about returned mail through a rule',
      { 'Auto-Submitted': 'auto-generated', Subject: 'Returned mail: x' },
      {},
    ],
    ['asks us not to answer automatically', { 'X-Auto-Response-Suppress': 'All' }, {}],
    ['is marked as no automatic one', { 'Auto-Submitted': 'no', 'X-Autoreply': 'no' }, {}],
    [
      'comes through a group address',
      { 'List-Id': '<sales.example.com>', Precedence: 'list', 'In-Reply-To': '<1@example.com>' },
      {},
    ],
    ['comes from a postmaster', { From: 'postmaster@example.com' }, {}],
    ['came by a gateway that marks all as bulk', { Precedence: 'bulk', 'In-Reply-To': '<1@example.com>' }, {}],
    [
      'is marked as bulk, and as no automatic one',
      { Precedence: 'bulk', 'Auto-Submitted': '(by a person) no; x=y' },
      { text: 'I am on vacation until Monday, call me then.' },
    ],
    [
      'speaks of an absence',
      { Subject: 'Re: demo while I am out of office' },
      { text: 'I am out of the office until 1 December, call me then.' },
    ],
    [
      'quotes an absence',
      { Subject: 'AW: Automatische Antwort: x' },
      { text: 'Back now.\n\n> I am out of the office until 1 December.' },
    ],
    ['answers a bounce', { Subject: 'Re: Undeliverable: x' }, {}],
    [
      'writes of a leave on a phone, through a rule',
      { 'Auto-Submitted': 'auto-generated' },
      { text: 'I am on leave until Monday, Marta has the papers.\n\nSent from my iPhone' },
    ],
    ['has a subject like a receipt’s', { Subject: 'Read: your paper' }, { text: 'Good one, call me.' }],
    ['is encrypted', { 'Content-Type': 'application/pkcs7-mime; name=smime.p7m' }, { text: '' }],
    [
      'forwards a bounce',
      { 'Content-Type': 'multipart/mixed; boundary=x' },
      { text: 'FYI\n\n-----Original Message-----\nFrom: mailer-daemon@example.com\n\nThis is a warning message only' },
    ],
    ['accepts a meeting', { 'Content-Type': 'text/calendar; method=REPLY' }, {}],
    ['asks about cars in German', { Subject: 'Auto: Frage zum Angebot' }, {}],
    ['has no readable envelope', {}, { envelope: '[1]' }],
    ['has no headers', {}, { headers: '' }],
    ['writes a word of stopping among others', {}, { text: 'Stop by our office on Monday?' }],
    ['says the opposite', {}, { text: 'Please don’t unsubscribe me.' }],
    ['says the opposite with something between', {}, { text: 'Please do not, by mistake, unsubscribe me.' }],
    ['says the opposite in German', {}, { text: 'Bitte nicht abmelden' }],
    ['says stop among other words', {}, { text: 'Wait, stop, I want to know the price.' }],
    ['says the opposite, politely', {}, { text: 'Hi Sam, no, please do not remove me from your list' }],
    ['quotes others', {}, { text: 'Our customers say "unsubscribe me" all the time, how do you handle it?' }],
    ['asks about it', {}, { text: 'How many people unsubscribe from your lists?' }],
    ['wants off a copy only', {}, { text: 'Please remove me from CC and talk to Bob.' }],
    [
      'writes nothing above our own footer',
      {},
      { text: '\n-----Original Message-----\nFrom: Sam <sam@acme.example>\n\nUnsubscribe' },
    ],
    ['unsubscribes further down, or quotes who did', {}, { text: 'Yes please.\nunsubscribe' }],
    ['quotes a request', {}, { text: '> unsubscribe\nWhat is this?' }],
  ])('%s', (_, headers, fields) => {
    expect(verdict(mail(headers, fields))).toBe('human');
  });
});

describe('a request for no more mail', () => {
  it.each([
    'unsubscribe',
    'Unsubscribe.',
    'UNSUBSCRIBE ME!!',
    'Please unsubscribe me',
    'stop',
    '“Stop”',
    'Please remove me from your list.',
    'opt-out',
    "Don't contact me again",
    'Abmelden',
    'I no longer wish to receive these emails.',
    'Could you unsubscribe me?',
    'Ich möchte keine E-Mails mehr erhalten.',
    'Je ne souhaite plus recevoir vos emails',
    'No quiero recibir más correos',
    'Não quero mais receber e-mails',
    'Please stop sending me emails.',
    'Do not email me again',
    'I would like to be removed from your mailing list',
    'Not interested. Please remove me from your list!',
    'Not interested, please unsubscribe me',
    'Hi Sam, please take me off your list. Thanks',
    'Bitte nehmen Sie mich aus dem Verteiler',
    'Bitte keine weiteren E-Mails mehr',
    'Veuillez me desinscrire de votre liste',
    'Merci de me retirer de votre liste de diffusion',
    'Quiero darme de baja',
    'Por favor, elimíneme de su lista',
    'Cancellatemi dalla mailing list',
    'Gelieve mij uit te schrijven',
    'Por favor, remova-me da lista',
    'Proszę mnie wypisać z listy',
    'Ta bort mig från listan',
    'Fjern meg fra listen',
    'Poistakaa minut listalta',
    'Уберите меня из рассылки',
    '配信停止をお願いします',
    '请取消订阅',
    '수신거부 부탁드립니다',
    'Bitte abmelden',
    'Bitte melden Sie mich ab',
    'Se désabonner',
    'De\u0301sinscription',
    'Darme de baja, por favor',
    'Cancellami',
    'Uitschrijven',
    'Отписаться',
    '配信停止',
    '退订',
  ])('is a first line of %s', (line) => {
    expect(verdict(mail({}, { text: `\r\n  ${line}\r\n\r\nOn Monday somebody wrote:\r\n> hello` }))).toBe(
      'unsubscribe',
    );
  });

  it.each([
    '<html><body><div>Unsubscribe&nbsp;</div><div>Jane</div></body></html>',
    '<p>Please <b>unsubscribe</b> me</p>',
    '<html><head><title>Re</title><style><!-- p > b {a:b} ' +
      '--></style></head><body><div>Don&#39;t contact me <i>again</i></div>',
    `<style>${'x'.repeat(40_000)}</style>D&eacute;sinscription`,
  ])('is found in a mail that is HTML only: %s', (html) => {
    expect(verdict(mail({}, { html, text: ' \n' }))).toBe('unsubscribe');
  });

  it('is in a subject, however long the quoted mail below is', () => {
    const text = `Thanks.\n\n-----Original Message-----\n${'May we show you more? '.repeat(20)}`;
    expect(verdict(mail({ Subject: 'Unsubscribe' }, { text }))).toBe('unsubscribe');
  });

  it.each(['Hi Sam,', 'Hallo', 'Bonjour', 'Estimado Sr. Doe:', 'Dear Sam'])('may follow a greeting: %s', (greeting) => {
    expect(verdict(mail({}, { text: `${greeting}\n\nPlease unsubscribe me.\n\nJane` }))).toBe('unsubscribe');
  });

  it.each(['Feedback-ID', 'List-Unsubscribe', 'List-Id'])(
    'is recognised in a mail that a tool has marked with %s',
    (header) => {
      expect(verdict(mail({ [header]: 'x' }, { text: 'unsubscribe me please' }))).toBe('unsubscribe');
    },
  );

  it('includes an unsubscribe button’s mail, though its headers are automatic', () => {
    expect(
      verdict(
        mail(
          { 'Auto-Submitted': 'auto-generated' },
          { subject: 'Unsubscribe', text: 'This message was generated by a mail program.' },
        ),
      ),
    ).toBe('unsubscribe');
  });

  it('does not include an automatic reply that begins with a stop', () => {
    expect(verdict(mail({ 'Auto-Submitted': 'auto-replied' }, { text: 'Stop' }))).toBe('auto');
  });
});

describe('any mail', () => {
  const word = fc.constantFrom(
    'multipart/report; report-type=',
    'delivery-status',
    'auto-replied',
    'unsubscribe',
    'until ',
    '2026-12-01',
    '<',
    '>',
    '"',
    '(',
    '@',
    '\\',
    '\n',
    ' ',
    'no longer ',
    '=?utf-8?q?',
    '\u0000',
    '\ud800',
  );
  const text = fc.oneof(
    fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
    anyText(),
  );
  const names = fc.constantFrom(
    'From',
    'Subject',
    'Content-Type',
    'Auto-Submitted',
    'Precedence',
    'List-Id',
    'References',
    'X-Original-From',
    '__proto__',
  );
  const anyMail = fc
    .record({
      headers: fc.array(fc.tuple(names, text)),
      fields: fc.dictionary(fc.constantFrom('from', 'to', 'subject', 'text', 'html', 'envelope', 'charsets'), text),
    })
    .map(({ headers, fields }): InboundMail => ({
      fields: { ...fields, headers: headers.map((header) => header.join(': ')).join('\n') },
      cut: [],
      attachments: [],
    }));

  it('has a class, and short evidence for it', () => {
    fc.assert(
      fc.property(anyMail, (one) => {
        expect(verdict(one)).toMatch(/^(?:human|auto|out-of-office|left|unsubscribe|bounce|complaint|receipt|bulk)$/);
        expect(classify(one, RECEIVED).evidence.length).toBeLessThan(300);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a hostile mail', () => {
  const long = 300_000;

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['open tags', {}, { text: '', html: '<'.repeat(long) }],
    ['blank lines', {}, { text: '\n'.repeat(long) }],
    ['until and until', { 'Auto-Submitted': 'auto-replied' }, { text: 'until '.repeat(long) }],
    ['blanks after until', { 'Auto-Submitted': 'auto-replied' }, { text: `until${' '.repeat(long)}` }],
    ['open comments', { 'Auto-Submitted': '('.repeat(long) }, {}],
    ['report and report', { 'Content-Type': 'multipart/report; '.repeat(long / 10) }, {}],
    ['equals', { 'Content-Type': `multipart/report; ${'report-type= '.repeat(long / 10)}` }, {}],
    ['open quotes', { From: '"\\"'.repeat(long) }, { envelope: '' }],
    ['boundaries', { 'Content-Type': `multipart/report; report-type=x;${'; boundary'.repeat(long / 10)}` }, {}],
    ['commas', { From: ',<@'.repeat(long), To: ','.repeat(long) }, { envelope: '' }],
    ['folded lines', { 'X-A': '\n '.repeat(long) }, {}],
    ['no longer and no longer', { 'Auto-Submitted': 'auto-replied' }, { text: 'no longer '.repeat(long) }],
    ['marks', { Subject: '['.repeat(long) }, { text: '[a]'.repeat(long) }],
    ['requests', {}, { text: 'unsubscribe\n'.repeat(long) }],
    ['thanks', {}, { text: `please unsubscribe me ${'thanks, '.repeat(long)}` }],
    ['colons', {}, { text: `stop\n${': '.repeat(long)}` }],
    ['statements of programs', { 'Auto-Submitted': 'auto-generated' }, { text: 'ticket has been '.repeat(long) }],
    ['actions', { 'Content-Type': 'multipart/report; report-type=delivery-status' }, { text: 'Action: '.repeat(long) }],
  ])('of %s gets an answer like any other', (_, headers, fields) => {
    // Quadratic time on these lengths would exceed the test's timeout.
    for (let i = 0; i < 20; i++) expect(verdict(mail(headers, fields))).toMatch(/./);
  });

  it('may contain the names of object properties', () => {
    expect(
      verdict(
        mail(
          { Subject: 'constructor', 'Content-Type': 'multipart/report; report-type=__proto__' },
          { text: 'constructor' },
        ),
      ),
    ).toBe('human');
  });
});
