import { WEBHOOKS, type GatewayPost } from '@leadstream/contracts/feedback';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { Wait } from '@leadstream/sequences/simulator/work';
import { short, type Account, type ExpectedEvent, type Mail } from './calls.ts';
import { DEAD, GATEWAY_FAULTS, OPTED_OUT } from './esp-faults.ts';
import type { Process, SimulatedRun } from './faults.ts';
import { markOf } from './marked-mail.ts';

/** The fields of a text that the gateway and its recipient read; a model's text has no validity. */
export interface OutgoingText {
  to: string;
  text: string;
  validitySeconds?: number;
}
/** A text that the gateway accepted, one of the run's mails. */
export interface AcceptedText extends Mail {
  validitySeconds?: number;
}

const REACTIONS = ['none', 'undelivered', 'dead', 'STOP', 'START', 'words', 'STOP at the gateway', 'none'] as const;
/** What people text, by the gateway's reading. */
const WORDS = { STOP: 'Stop.', START: 'START', words: 'call me' } as const;
export type Word = keyof typeof WORDS;

const UNDELIVERED = ['30003', '30005', '30007', '30008'] as const;
const DEAD_AT_FIRST = 0.2;
/** Without credentials for a while: its steps stay due. */
const UNCONFIGURED = 0.1;
/** Of these, installations that never had them: there is no consumer of texts. */
const UNREAD = 0.7;
/** Out of reach from some time on, for ever: its sender pulls nothing, and the mails have to end the run. */
const AWAY = 0.15;
const AWAY_FROM_MS = [0, 3_600_000, 86_400_000, 3 * 86_400_000] as const;
const SILENT = 0.3;
const REACTION_MS_MIN = 3_000;

/** A post of the gateway as inbound stores it: a status callback with our ids, or a person's text. */
export class GatewayPosted {
  readonly of: 'events' | 'inbound';
  readonly form: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;

  constructor(of: 'events' | 'inbound', form: Readonly<Record<string, string>>, query = {}) {
    this.of = of;
    this.form = form;
    this.query = query;
  }

  get subject(): string {
    return WEBHOOKS.twilio[this.of];
  }

  toJSON(): GatewayPost {
    return { body: new URLSearchParams(this.form).toString(), query: new URLSearchParams(this.query).toString() };
  }
}

const sidOf = (id: string): string => `SM${id.replaceAll('-', '').padEnd(32, '0').slice(0, 32)}`;

/** Twilio's account: its answers, its status callbacks, and what the owners of the numbers text back. */
export class Gateway {
  readonly texts: AcceptedText[] = [];
  readonly #run: SimulatedRun;
  readonly #esp: Account;
  readonly #optedOut = new Set<string>();
  readonly #dead = new Map<string, boolean>();
  readonly #isUnconfigured: boolean;
  readonly #isUnread: boolean;
  readonly #awayFromMs: number;
  #received = 0;

  constructor(run: SimulatedRun, esp: Account) {
    this.#run = run;
    this.#esp = esp;
    this.#isUnconfigured = run.texts && run.choices.happens('no gateway', UNCONFIGURED);
    this.#isUnread = this.#isUnconfigured && run.choices.happens('no consumer of texts', UNREAD);
    const isAway = run.texts && run.choices.happens('gateway away', AWAY);
    this.#awayFromMs = isAway ? run.time.nowMs + run.choices.one('away from', AWAY_FROM_MS) : Infinity;
  }

  /**
   * True while the breaker of the texts, or an operator, keeps their sender from pulling, or while it has no consumer:
   * a process without credentials makes none.
   */
  get isAway(): boolean {
    return this.#run.time.nowMs >= this.#awayFromMs || (this.#isUnread && !this.isConfigured);
  }

  /** False while the deployment has no credentials of it. */
  get isConfigured(): boolean {
    return !this.#isUnconfigured || this.#run.isCalm;
  }

  take(
    process: Process,
    text: OutgoingText,
    { leadId, sendId }: { leadId: string; sendId: string },
  ): Wait<ProviderResponse> {
    const { to } = text;
    return this.#esp.fire(process, {
      leadId,
      sendId,
      subject: `a text to …${to.slice(-4)}`,
      provider: 'twilio',
      refusal: this.#optedOut.has(to) ? OPTED_OUT : this.#isDead(to) ? DEAD : undefined,
      faults: GATEWAY_FAULTS,
      accept: (answered) => this.#accept(text, { leadId, sendId, answered }),
    });
  }

  #isDead(number: string): boolean {
    const known = this.#dead.get(number) ?? this.#run.choices.happens('dead number', DEAD_AT_FIRST);
    this.#dead.set(number, known);
    return known;
  }

  #accept(
    { to, text, validitySeconds }: OutgoingText,
    { leadId, sendId, answered }: Pick<Mail, 'leadId' | 'sendId' | 'answered'>,
  ): void {
    const { time, choices } = this.#run;
    const mail: AcceptedText = {
      ...{ sendId, leadId, mark: markOf(text), to, toStaff: false, atMs: time.nowMs, answered, provider: 'twilio' },
      ...(validitySeconds === undefined ? {} : { validitySeconds }),
    };
    this.texts.push(mail);
    this.#esp.mails.push(mail);
    // Its posts are lost: the send stays unknown, and its step parked, until an operator settles it.
    if (answered === 'nothing' && choices.happens('silent', SILENT)) return;
    this.#report(mail, { MessageStatus: 'sent' }, 1_000);
    const reaction = choices.one('texted', REACTIONS);
    if (reaction === 'dead') {
      this.#dead.set(to, true);
      return this.#report(mail, { MessageStatus: 'undelivered', ErrorCode: '30006' }, 3_000, 'lead.undelivered');
    }
    if (reaction === 'undelivered') {
      const ErrorCode = choices.one('undelivered by', UNDELIVERED);
      return this.#report(mail, { MessageStatus: 'undelivered', ErrorCode }, 3_000, 'lead.undelivered');
    }
    const ms = REACTION_MS_MIN + this.#run.drawDelayMs('reaction after');
    if (reaction === 'STOP at the gateway') {
      // The post that says so is lost: the gateway's later answers and reports say it.
      time.after(ms, () => void this.#optedOut.add(to), null);
      return this.#report(mail, { MessageStatus: 'failed', ErrorCode: '21610' }, ms, 'lead.unsubscribed');
    }
    this.#report(mail, { MessageStatus: 'delivered' }, 2_000, 'lead.delivered');
    if (reaction !== 'none') this.#write(to, leadId, reaction, ms);
  }

  /** The holder of the number texts us; the gateway knows the words that stop and start. */
  write(leadId: string, word: Word): void {
    const [first, ...more] = [...new Set(this.texts.map(({ to }) => to))];
    if (first !== undefined) this.#write(this.#run.choices.one('texts from', [first, ...more]), leadId, word, 0);
  }

  #write(from: string, leadId: string, word: Word, ms: number): void {
    const MessageSid = sidOf(`f${++this.#received}`);
    const body = new GatewayPosted('inbound', { MessageSid, From: from, Body: WORDS[word] });
    const expected: ExpectedEvent | undefined =
      word === 'START'
        ? undefined
        : { leadId, type: word === 'STOP' ? 'lead.unsubscribed' : 'lead.replied', sendId: '' };
    this.#run.time.after(
      ms,
      () => {
        if (word === 'STOP') this.#optedOut.add(from);
        if (word === 'START') this.#optedOut.delete(from);
        this.#esp.post(body.subject, body, `brings the text ${word}`, 0, expected);
      },
      null,
    );
  }

  #report(
    { sendId, leadId, answered }: AcceptedText,
    form: Readonly<Record<string, string>>,
    ms: number,
    type?: ExpectedEvent['type'],
  ): void {
    const query = { send_id: sendId, lead_id: leadId };
    const body = new GatewayPosted('events', { MessageSid: sidOf(sendId), ...form }, query);
    const what = `reports ${form['MessageStatus']} ${form['ErrorCode'] ?? ''} of ${short(sendId)}`;
    const expected = type && { leadId, type, sendId };
    this.#esp.post(body.subject, body, what, ms, expected, answered === 'nothing' ? 4 : 1);
  }
}
