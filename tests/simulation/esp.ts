import { CE } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { FEEDBACK_INBOUND, FEEDBACK_UNSUBSCRIBE, type InboundMail } from '@leadstream/contracts/feedback';
import { Retry } from '@leadstream/eventlog/errors';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { Email, Found } from '@leadstream/providers/port';
import type { Streams } from './broker.ts';
import { configs, REPS } from './configuration.ts';
import { markOf } from './marked-mail.ts';
import type { Incarnation } from './time.ts';
import { ESP_FAULTS, ACCEPTED } from './esp-faults.ts';
import { Chats } from './chats.ts';
import { Gateway } from './gateway.ts';
import { short, type Call, type ExpectedEvent, type Firing, type Mail } from './calls.ts';
import type { Wait } from '@leadstream/sequences/simulator/work';
import type { Process, SimulatedRun } from './faults.ts';
import { Reported, type SimulatedEsp } from './reported.ts';

export type { Call, ExpectedEvent, Mail } from './calls.ts';

/** The fields of a mail that the provider and its recipient read. */
export type OutgoingMail = Pick<Email, 'to' | 'subject' | 'text' | 'replyTo'>;
interface MailEvent {
  event: string;
  email: string;
  leadId: string;
  sendId: string;
  toStaff: boolean;
  /** The log has the mail as refused. */
  news: boolean;
  provider: SimulatedEsp;
}
const REACTIONS = [
  'none',
  'replies',
  'bounce',
  'soft bounce',
  'spamreport',
  'unsubscribe',
  'click',
  'is away',
  'follows the link',
  'leaves the series',
  'replies twice',
  'a copy bounces',
] as const;
const EVENT_TYPES: Readonly<Record<string, Recorded['type']>> = {
  delivered: 'lead.delivered',
  bounce: 'lead.bounced',
  'soft bounce': 'lead.undelivered',
  spamreport: 'lead.complained',
  unsubscribe: 'lead.unsubscribed',
  click: 'lead.clicked',
};
/** Some servers send bounces to the reply address instead of the envelope's sender, which is the provider. */
const BOUNCES = ['by the provider', 'by mail', 'by both'] as const;
const SLOWEST_MS = 15_000;
const REACTION_MS_MIN = 3_000;
/** After this time a claim without an outcome is parked, and an operator is notified. */
const LONG_SWEPT_MS = 150_000;

/** The unsubscribe link of a mail: token and sequence. */
const LINK = /\/u\/(\w+)\?sequence=([\w-]+)/;
const sequenceOf = ({ text }: OutgoingMail): string | undefined => LINK.exec(text)?.[2];

/** Reply text is empty: it is parsed in a worker thread, whose time is not simulated. */
const WORDLESS = '';
export const isRep = (email: string): boolean =>
  email === configs.sender.SALES_REP_EMAIL || REPS.some((rep) => rep.email === email);
/** The account sends a copy of each mail to it. */
export const COPY = 'archive@acme.example';
const AWAY_MS = 5 * 86_400_000;
/**
 * The share of runs in which the ESP is being changed, and of lost responses of which the second ESP posts no event.
 */
const CHANGING = 0.25;
const SILENT = 0.5;
/** The index of a provider's mails lags. */
const INDEXED_MS = 5_000;

/** The mail provider, its webhooks, and the reactions of the recipients. */
export class Esp {
  readonly mails: Mail[] = [];
  readonly calls: Call[] = [];
  /** The SMS gateway, whose posts and faults are as the provider's. */
  readonly gateway: Gateway;
  /** The reps' chats; a post is one of the calls, and none of the mails. */
  readonly chats: Chats;
  readonly expected: ExpectedEvent[] = [];
  repeats = 0;
  readonly #run: SimulatedRun;
  readonly #streams: Streams;
  #last: OutgoingMail | undefined;
  #isFailing = false;
  readonly #isChanging: boolean;
  readonly #reroute: (ms: number) => void;

  /** `reroute`: an operator gives the lead another route while the provider, or the network, delays a sender. */
  constructor(run: SimulatedRun, streams: Streams, reroute: (ms: number) => void) {
    this.#run = run;
    this.#streams = streams;
    this.#reroute = reroute;
    this.#isChanging = run.choices.happens('two providers', CHANGING);
    this.gateway = new Gateway(run, this);
    this.chats = new Chats(run, this);
  }

  /** The provider that a process is configured with: while it is being changed, the second process has the new one. */
  providerOf({ name }: Process): SimulatedEsp {
    return this.#isChanging && name.endsWith('2') ? 'mailgun' : 'sendgrid';
  }

  /** Whether the breaker allows a call. */
  get closed(): boolean {
    return !this.#run.goesWrong('provider', 0.2);
  }

  /** Whether mails to leads of this lead's source wait. */
  get isSourcePaused(): boolean {
    return this.#run.goesWrong('provider', 0.2);
  }

  /** A sender's turn with the account; fails with Retry when nothing is sent now. */
  turn =
    (process: Process): Wait<void> =>
    (resolve, reject) => {
      const run = this.#run;
      const ms = run.goesWrong('slow', 2) ? run.drawDelayMs('whose turn') : 1;
      run.hinder(process.name, ms);
      const go = () => (this.closed ? resolve() : reject(new Retry('nothing is sent now', 30_000)));
      run.time.after(ms, () => (run.goesWrong('worst moment') ? this.#untilAnotherIsDue(process, go) : go()));
    };

  /** A sender paused after composing its mail; it continues when another step is due. */
  #untilAnotherIsDue(process: Process, go: () => void): void {
    this.#run.trace(process.name, 'is paused with its mail composed');
    this.#reroute(this.#run.choices.one('moved on after', [400, 5_000, 130_000]));
    this.#holdUntil(process, 'lead.step-due', go, this.#run.time.incarnation);
  }

  take = (
    process: Process,
    mail: OutgoingMail,
    { leadId, sendId }: { leadId: string; sendId: string },
  ): Wait<ProviderResponse> =>
    this.fire(process, {
      leadId,
      sendId,
      subject: mail.subject,
      provider: this.providerOf(process),
      faults: ESP_FAULTS,
      accept: (answered) => this.#accept(mail, { leadId, sendId, answered, provider: this.providerOf(process) }),
    });

  fire =
    (
      process: Process,
      { leadId, sendId, subject, provider, refusal, faults, accept }: Firing,
    ): Wait<ProviderResponse> =>
    (resolve) => {
      const { time } = this.#run;
      const { incarnation } = time;
      this.calls.push({
        sendId,
        leadId,
        by: process.name,
        atMs: time.nowMs,
        afterSeq: this.#streams.of('LEADS').at(-1)?.seq ?? 0,
        readSeq: process.incarnation.readSeq ?? 0,
      });
      const isKept = this.#run.goesWrong('worst moment');
      // A failing provider is likely to fail the next call too.
      const [label, fault] =
        isKept || this.#run.goesWrong('provider', this.#isFailing ? 2 : 1)
          ? this.#run.choices.one('provider fault', faults)
          : (refusal ?? (['accepts it', ACCEPTED] as const));
      const ms = this.#run.goesWrong('slow', 2) ? this.#run.drawDelayMs('how slow') : 100;
      const answer: ProviderResponse = fault.answer.kind === 'accepted' ? { ...fault.answer, provider } : fault.answer;
      this.#isFailing = fault.answered === 'error';
      this.#run.hinder(process.name, ms);
      time.after(
        1,
        () => {
          this.#run.trace('provider', `${label}: ${subject} (${short(sendId)})`);
          if (fault.takes && !refusal) accept(fault.answered);
          if (this.#run.goesWrong('killed', 5)) process.kill();
        },
        null,
      );
      if (isKept) {
        this.#reroute(LONG_SWEPT_MS);
        return this.#holdUntil(process, 'lead.send-started', () => resolve(answer), incarnation);
      }
      time.after(
        ms,
        () => resolve(fault.takes && ms > SLOWEST_MS ? { kind: 'unknown', class: 'timeout' } : answer),
        incarnation,
      );
    };

  #holdUntil({ name }: Process, until: Recorded['type'], then: () => void, incarnation: Incarnation | null): void {
    const hindrance = this.#run.hinder(name, Infinity);
    this.#run.holdUntil(
      until,
      (ms) => {
        hindrance.ms = ms;
        then();
      },
      incarnation,
    );
  }

  /** The search of the provider that the claim names: it lags, is down, or is late. */
  search =
    (process: Process, provider: string, sendId: string): Wait<Found | undefined> =>
    (resolve, reject) => {
      const run = this.#run;
      const { incarnation } = run.time;
      const ms = run.goesWrong('slow', 2) ? run.drawDelayMs('how slow') : 100;
      run.hinder(process.name, ms);
      const fault = run.goesWrong('provider', 0.5) ? run.choices.one('search', ['is late', 'is down']) : undefined;
      const mail = this.mails.find((one) => one.sendId === sendId && one.provider === provider);
      const isShown = mail && fault === undefined && run.time.nowMs - mail.atMs >= INDEXED_MS;
      const answer = () => {
        run.trace(
          process.name,
          `searches ${short(sendId)} at ${provider}, which ${fault ?? (isShown ? 'has it' : 'has none')}`,
        );
        if (fault === 'is down') return reject(new Error('the search is down'));
        resolve(isShown ? { at: new Date(mail.atMs).toISOString(), providerMessageId: `${sendId}.mg` } : undefined);
      };
      run.time.after(ms, answer, incarnation);
    };

  #accept(
    mail: OutgoingMail,
    { leadId, sendId, answered, provider }: Pick<MailEvent, 'leadId' | 'sendId' | 'provider'> & Pick<Mail, 'answered'>,
  ): void {
    const { time, choices } = this.#run;
    const { text, to } = mail;
    const toStaff = isRep(to);
    if (!toStaff) this.#last = mail;
    // Its `accepted` is not subscribed, and its `delivered` was lost: only a search shows that it has the mail.
    const isSilent = provider === 'mailgun' && answered === 'nothing' && choices.happens('silent', SILENT);
    this.mails.push({
      sendId,
      leadId,
      mark: markOf(text),
      to,
      toStaff,
      atMs: time.nowMs,
      answered,
      provider,
      isSilent,
    });
    if (isSilent) return;
    // Feedback about a mail reported as failed is new information: it arrives more often at the worst moment.
    const webhook = (event: string, ms: number) =>
      this.#webhook({ event, email: to, leadId, sendId, toStaff, news: answered === 'error', provider }, ms);
    webhook('processed', 1_000);
    const reaction = choices.one('reaction', REACTIONS);
    if (reaction === 'bounce') {
      const channel = toStaff ? 'by the provider' : choices.one('bounces', BOUNCES);
      if (channel !== 'by the provider')
        this.#bounceByMail(mail, leadId, sendId, REACTION_MS_MIN + this.#run.drawDelayMs('reaction after'));
      return channel === 'by mail' ? undefined : webhook('bounce', 3_000);
    }
    if (reaction === 'soft bounce') return webhook(reaction, 3_000);
    webhook('delivered', 2_000);
    if (reaction === 'none') return;
    const ms = REACTION_MS_MIN + this.#run.drawDelayMs('reaction after');
    if (reaction === 'a copy bounces')
      return this.#webhook({ event: 'bounce', email: COPY, leadId, sendId, toStaff: true, news: false, provider }, ms);
    if (reaction === 'spamreport' || reaction === 'click' || reaction === 'unsubscribe') return webhook(reaction, ms);
    if (toStaff) return;
    if (reaction === 'follows the link') return this.#follow(mail, leadId, ms);
    // At once: the sender may still count the mail as refused.
    if (reaction === 'leaves the series') return this.#follow(mail, leadId, ms - REACTION_MS_MIN, sequenceOf(mail));
    this.#reply(mail, leadId, sendId, ms, { automatic: reaction === 'is away' });
    if (reaction === 'replies twice')
      this.#reply(mail, leadId, sendId, ms + this.#run.drawDelayMs('reaction after'), { again: true });
  }

  /** The lead sends a mail that is no reply to ours; an attacker in the lead's name sends several. */
  sendMail(email: string, leadId: string, number: number, forged = false): void {
    const times = forged ? this.#run.choices.one('forged answers', [1, 2, 5]) : 1;
    for (let time = 0; time < times; time++) {
      const head = {
        From: email,
        To: 'sales@acme.example',
        Subject: 'A question',
        'Message-ID': `<${forged ? `forged-${time}` : 'own'}-${number}@home.example>`,
      };
      const what = forged ? 'brings a mail in the lead’s name' : 'brings a mail of their own';
      this.#mailIn(
        head,
        WORDLESS,
        what,
        { leadId, type: 'lead.replied', sendId: '', forged },
        time === 0 ? 0 : this.#run.drawDelayMs('another forged answer'),
        { forged },
      );
    }
  }

  /** Feedback about an address, without a mail of ours. */
  report(event: string, email: string, leadId: string): void {
    const body = new Reported({
      event,
      email,
      timestamp: Math.floor(this.#run.time.nowMs / 1_000),
      sg_message_id: 'unknown',
    });
    const type = EVENT_TYPES[event];
    this.post(
      body.subject,
      body,
      `reports ${event} of the address`,
      0,
      type ? { leadId, type, sendId: '' } : undefined,
    );
  }

  #webhook({ event, email, leadId, sendId, toStaff, news, provider }: MailEvent, ms: number): void {
    const isSoft = event === 'soft bounce';
    const report = {
      event: isSoft ? 'bounce' : event,
      email,
      timestamp: Math.floor((this.#run.time.nowMs + ms) / 1_000),
      sg_message_id: `${sendId}.sg`,
      send_id: sendId,
      lead_id: leadId,
      ...(isSoft ? { type: 'blocked' } : event === 'bounce' ? { type: 'bounce' } : {}),
    };
    const body = new Reported(report, provider);
    const type = EVENT_TYPES[event];
    const expected = type && (!toStaff || event === 'delivered') ? { leadId, type, sendId } : undefined;
    this.post(body.subject, body, `reports ${event} of ${short(sendId)}`, ms, expected, news ? 4 : 1);
  }

  /** As mail programs answer: by the Message-ID `<sendId>.<token>@…` of our mail. */
  #reply(
    mail: OutgoingMail,
    leadId: string,
    sendId: string,
    ms: number,
    { automatic = false, again = false }: { automatic?: boolean; again?: boolean },
  ): void {
    const to = mail.replyTo.email;
    const head = {
      From: mail.to,
      To: to,
      Subject: `Re: ${mail.subject}`,
      'Message-ID': `<${sendId}${again ? '-again' : ''}@home.example>`,
      'In-Reply-To': `<${sendId}.${to.replace('r+', '')}>`,
      ...(automatic ? { 'Auto-Submitted': 'auto-replied' } : {}),
    };
    const back = new Date(this.#run.time.nowMs + AWAY_MS).toISOString().slice(0, 10);
    this.#mailIn(
      head,
      automatic ? `I am out of the office until ${back}.` : WORDLESS,
      automatic ? 'brings an automatic reply' : 'brings a reply',
      { leadId, type: 'lead.replied', sendId: '' },
      ms,
    );
  }

  /** The lead's server also reports the bounce to the reply address, without our ids. */
  #bounceByMail(mail: OutgoingMail, leadId: string, sendId: string, ms: number): void {
    const to = mail.replyTo.email;
    const head = {
      From: 'mailer-daemon@mx.example',
      To: to,
      Subject: 'Undelivered',
      'Message-ID': `<${sendId}-dsn@mx.example>`,
      'Content-Type': 'multipart/report; report-type=delivery-status',
    };
    const report = {
      status: `Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ${mail.to}\nAction: failed\nStatus: 5.1.1\n`,
    };
    this.#mailIn(
      head,
      WORDLESS,
      'brings a delivery status notification',
      { leadId, type: 'lead.bounced', sendId: '' },
      ms,
      { report },
    );
  }

  #mailIn(
    head: { From: string; To: string; Subject: string; 'Message-ID': string },
    text: string,
    what: string,
    expected: ExpectedEvent,
    ms: number,
    { report, forged }: { report?: InboundMail['report']; forged?: boolean } = {},
  ): void {
    const { From: from, To: to, Subject: subject } = head;
    const verdicts = forged
      ? { SPF: 'fail', dkim: '{@elsewhere.example : pass}' }
      : { SPF: 'pass', dkim: `{@${from.split('@')[1]} : pass}` };
    const fields = {
      headers: Object.entries(head)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(''),
      from,
      to,
      subject,
      text,
      envelope: JSON.stringify({ to: [to], from }),
      ...verdicts,
    };
    this.post(
      FEEDBACK_INBOUND,
      { fields, cut: [], attachments: [], ...(report ? { report } : {}) },
      what,
      ms,
      expected,
    );
  }

  /** The lead opens the link of the last mail, and may edit its sequence. */
  unsubscribe(leadId: string, sequence?: string): void {
    if (this.#last) this.#follow(this.#last, leadId, 0, sequence ?? sequenceOf(this.#last));
  }

  #follow(mail: OutgoingMail, leadId: string, ms: number, sequence?: string): void {
    const token = LINK.exec(mail.text)?.[1] ?? '';
    const only = sequence === undefined ? {} : { sequence };
    this.post(
      FEEDBACK_UNSUBSCRIBE,
      { token, via: 'page', ...only },
      `brings an unsubscribe${sequence ? ` from ${sequence}` : ''}`,
      ms,
      { leadId, type: 'lead.unsubscribed', sendId: '', ...only },
    );
  }

  /** Webhooks arrive late and more than once. */
  post(subject: string, body: object, what: string, ms: number, expected: ExpectedEvent | undefined, weight = 1): void {
    const late = this.#run.goesWrong('webhook') ? this.#run.drawDelayMs('webhook late') : 0;
    const times = this.#run.goesWrong('webhook') ? 2 : 1;
    const isKept = this.#run.goesWrong('worst moment', weight);
    for (let time = 0; time < times; time++) {
      const arrive = () => {
        if (time > 0) this.repeats++;
        this.#run.trace('webhook', what);
        if (expected) this.expected.push(expected);
        this.#streams.store(subject, body, { headers: { [CE.time]: this.#run.time.textBut(0) } });
      };
      this.#run.time.after(
        ms + late + (time === 0 ? 0 : this.#run.drawDelayMs('webhook again')),
        () => (isKept && time === 0 ? this.#run.holdUntil('lead.send-started', arrive, null) : arrive()),
        null,
      );
    }
  }
}
