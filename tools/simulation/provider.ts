import { headers } from '@nats-io/transport-node';
import { CE } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { FEEDBACK_EVENTS, FEEDBACK_INBOUND, FEEDBACK_UNSUBSCRIBE } from '@leadstream/contracts/feedback';
import { Retry } from '@leadstream/eventlog/errors';
import type { Answer } from '@leadstream/lead/claim';
import type { GuardedSend } from '@leadstream/sender/breaker';
import type { Letter } from '@leadstream/sender/mail';
import type { Streams } from './broker.ts';
import type { Process, World } from './world.ts';

/** A mail that the provider took. */
export interface Mail { sendId: string; leadId: string; subject: string; to: string; toStaff: boolean; atMs: number; answered: 'accepted' | 'error' | 'nothing' }
/** A call as the provider saw it: when, after which event of the log, and up to which one the caller surely had read. */
export interface Call { sendId: string; leadId: string; by: string; atMs: number; afterSeq: number; readSeq: number }
/** What inbound was told, and so has to be in the log. */
export interface Told { leadId: string; type: Recorded['type']; sendId: string; sequence?: string }

interface Trouble { takes: boolean; answered: Mail['answered']; answer: Answer }
const refusal = (kind: 'rate-limited' | 'server-error' | 'unreachable' | 'account' | 'breaker-open', retryAfterMs?: number): Answer =>
  ({ kind: 'refused', class: kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

const TROUBLES: readonly [string, Trouble][] = [
  ['says 429', { takes: false, answered: 'error', answer: refusal('rate-limited') }],
  ['says 503', { takes: false, answered: 'error', answer: refusal('server-error') }],
  ['says 429, come back in ten minutes', { takes: false, answered: 'error', answer: refusal('rate-limited', 600_000) }],
  ['takes it and says 500', { takes: true, answered: 'error', answer: refusal('server-error') }],
  ['takes it and says nothing', { takes: true, answered: 'nothing', answer: { kind: 'unknown', class: 'connection-lost' } }],
  ['loses the letter', { takes: false, answered: 'nothing', answer: { kind: 'unknown', class: 'timeout' } }],
  ['can not be reached', { takes: false, answered: 'error', answer: refusal('unreachable') }],
  ['says 400', { takes: false, answered: 'error', answer: { kind: 'permanent', class: 'permanent' } }],
  ['says 401', { takes: false, answered: 'error', answer: refusal('account') }],
  ['is not asked: the breaker has opened', { takes: false, answered: 'error', answer: refusal('breaker-open') }],
];
const WELL: Trouble = { takes: true, answered: 'accepted', answer: { kind: 'accepted', provider: 'sendgrid' } };
const REACTIONS = ['none', 'replies', 'bounce', 'spamreport', 'unsubscribe', 'click', 'is away', 'follows the link', 'leaves the series', 'replies twice'] as const;
const TELLS: Readonly<Record<string, Recorded['type']>> = { delivered: 'lead.delivered', bounce: 'lead.bounced', spamreport: 'lead.complained', unsubscribe: 'lead.unsubscribed', click: 'lead.clicked' };
const SLOWEST_MS = 15_000;
const REACTION_MS_MIN = 3_000;

/** The way out at the end of a mail: token and sequence. */
const LINK = /\/u\/(\w+)\?sequence=([\w-]+)/;

const seriesOf = ({ text }: Letter): string | undefined => LINK.exec(text)?.[2];

/** What people write is read in a thread, whose time is not the simulation's. */
const WORDLESS = '';
const AWAY_MS = 5 * 86_400_000;

/** The mail provider, what its webhooks say, and how the people behind the addresses react. */
export class Provider {
  readonly mails: Mail[] = [];
  readonly calls: Call[] = [];
  readonly told: Told[] = [];
  repeats = 0;
  readonly #world: World;
  readonly #streams: Streams;
  #last: Letter | undefined;

  constructor(world: World, streams: Streams) {
    this.#world = world;
    this.#streams = streams;
  }

  /** What a sender holds as its provider, breaker and all. */
  dial(process: Process): GuardedSend {
    const fire = (letter: Letter, about: { leadId: string; sendId: string }): Promise<Answer> => this.#take(process, letter, about);
    const world = this.#world;
    const closed = () => !world.goesWrong('provider', 0.2);
    const turn = async () => {
      const ms = world.goesWrong('slow', 2) ? world.while('whose turn') : 1;
      world.hinder(process.name, ms);
      await world.time.wait(ms);
      if (!closed()) throw new Retry('nothing is sent now', 30_000);
    };
    const guarded = { get closed() { return closed(); }, turn, fire };
    // GuardedSend has private parts: opossum's, which keeps time of its own.
    return guarded as unknown as GuardedSend;
  }

  #take(process: Process, letter: Letter, { leadId, sendId }: { leadId: string; sendId: string }): Promise<Answer> {
    const { time } = this.#world;
    const { life } = time;
    this.calls.push({ sendId, leadId, by: process.name, atMs: time.nowMs, afterSeq: this.#streams.of('LEADS').at(-1)?.seq ?? 0, readSeq: process.life.readSeq ?? 0 });
    const [says, trouble] = this.#world.goesWrong('provider') ? this.#world.choices.one('provider’s trouble', TROUBLES as [(typeof TROUBLES)[0], ...(typeof TROUBLES)[0][]]) : ['takes it', WELL] as const;
    const ms = this.#world.goesWrong('slow', 2) ? this.#world.while('how slow') : 100;
    this.#world.hinder(process.name, ms);
    return new Promise((resolve) => {
      time.after(1, () => {
        this.#world.tell('provider', `${says}: ${letter.subject} (${short(sendId)})`);
        if (trouble.takes) this.#accept(letter, leadId, sendId, trouble.answered);
        if (this.#world.goesWrong('killed', 5)) process.kill();
      }, null);
      time.after(ms, () => resolve(trouble.takes && ms > SLOWEST_MS ? { kind: 'unknown', class: 'timeout' } : trouble.answer), life);
    });
  }

  #accept(letter: Letter, leadId: string, sendId: string, answered: Mail['answered']): void {
    const { time, choices } = this.#world;
    const { subject, to } = letter;
    const toStaff = to === 'rep@acme.example';
    if (!toStaff) this.#last = letter;
    this.mails.push({ sendId, leadId, subject, to, toStaff, atMs: time.nowMs, answered });
    const hook = (event: string, ms: number) => this.#webhook({ event, email: to, leadId, sendId, toStaff }, ms);
    hook('processed', 1_000);
    const reaction = choices.one('reaction', REACTIONS);
    if (reaction === 'bounce') return hook('bounce', 3_000);
    hook('delivered', 2_000);
    if (reaction === 'none') return;
    const ms = REACTION_MS_MIN + this.#world.while('reaction after');
    if (reaction === 'spamreport' || reaction === 'click' || reaction === 'unsubscribe') return hook(reaction, ms);
    if (toStaff) return;
    if (reaction === 'follows the link') return this.#follow(letter, leadId, ms);
    // At once: the sender may still think that the mail was refused.
    if (reaction === 'leaves the series') return this.#follow(letter, leadId, ms - REACTION_MS_MIN, seriesOf(letter));
    this.#reply(letter, leadId, sendId, ms, reaction === 'is away');
    if (reaction === 'replies twice') this.#reply(letter, leadId, `${sendId}-again`, ms + this.#world.while('reaction after'), false);
  }

  /** Somebody writes a mail of their own, which answers none of ours. */
  write(email: string, leadId: string, number: number): void {
    this.#mailIn({ From: email, To: 'sales@acme.example', Subject: 'A question', 'Message-ID': `<own-${number}@home.example>` }, WORDLESS, 'brings a mail of their own', leadId, 0);
  }

  /** The provider knows something of an address, and of no mail of ours. */
  report(event: string, email: string, leadId: string): void {
    const body = JSON.stringify([{ event, email, timestamp: Math.floor(this.#world.time.nowMs / 1_000), sg_message_id: 'of nobody' }]);
    const type = TELLS[event];
    this.#post(FEEDBACK_EVENTS, { body }, `says ${event} of the address`, 0, type ? { leadId, type, sendId: '' } : undefined);
  }

  #webhook({ event, email, leadId, sendId, toStaff }: { event: string; email: string; leadId: string; sendId: string; toStaff: boolean }, ms: number): void {
    const body = JSON.stringify([{ event, email, timestamp: Math.floor((this.#world.time.nowMs + ms) / 1_000), sg_message_id: `${sendId}.sg`, send_id: sendId, lead_id: leadId, ...(event === 'bounce' ? { type: 'bounce' } : {}) }]);
    const type = TELLS[event];
    const tells = type && (!toStaff || event === 'delivered') ? { leadId, type, sendId } : undefined;
    this.#post(FEEDBACK_EVENTS, { body }, `says ${event} of ${short(sendId)}`, ms, tells);
  }

  #reply(letter: Letter, leadId: string, mailId: string, ms: number, automatic: boolean): void {
    const to = typeof letter.replyTo === 'string' ? letter.replyTo : '';
    const head = { From: letter.to, To: to, Subject: `Re: ${letter.subject}`, 'Message-ID': `<${mailId}@home.example>`, ...(automatic ? { 'Auto-Submitted': 'auto-replied' } : {}) };
    const back = new Date(this.#world.time.nowMs + AWAY_MS).toISOString().slice(0, 10);
    this.#mailIn(head, automatic ? `I am out of the office until ${back}.` : WORDLESS, automatic ? 'brings an automatic reply' : 'brings a reply', leadId, ms);
  }

  #mailIn(head: { From: string; To: string; Subject: string; 'Message-ID': string }, text: string, what: string, leadId: string, ms: number): void {
    const { From: from, To: to, Subject: subject } = head;
    const fields = {
      headers: Object.entries(head).map(([name, value]) => `${name}: ${value}\n`).join(''), from, to, subject, text, envelope: JSON.stringify({ to: [to], from }),
    };
    this.#post(FEEDBACK_INBOUND, { fields, cut: [], attachments: [] }, what, ms, { leadId, type: 'lead.replied', sendId: '' });
  }

  /** Somebody follows the link of the last mail that they got, and may make another sequence's of it. */
  leave(leadId: string, sequence?: string): void {
    if (this.#last) this.#follow(this.#last, leadId, 0, sequence ?? seriesOf(this.#last));
  }

  #follow(letter: Letter, leadId: string, ms: number, sequence?: string): void {
    const token = LINK.exec(letter.text)?.[1] ?? '';
    const only = sequence === undefined ? {} : { sequence };
    this.#post(FEEDBACK_UNSUBSCRIBE, { token, via: 'page', ...only }, `brings an unsubscribe${sequence ? ` from ${sequence}` : ''}`, ms, { leadId, type: 'lead.unsubscribed', sendId: '', ...only });
  }

  /** Late, and more than once, as webhooks come. */
  #post(subject: string, body: object, what: string, ms: number, tells: Told | undefined): void {
    const late = this.#world.goesWrong('webhook') ? this.#world.while('webhook late') : 0;
    const times = this.#world.goesWrong('webhook') ? 2 : 1;
    for (let time = 0; time < times; time++) {
      this.#world.time.after(ms + late + (time === 0 ? 0 : this.#world.while('webhook again')), () => {
        if (time > 0) this.repeats++;
        this.#world.tell('webhook', what);
        if (tells) this.told.push(tells);
        const head = headers();
        head.set(CE.time, this.#world.time.now.toString());
        this.#streams.store(subject, JSON.stringify(body), { headers: head });
      }, null);
    }
  }
}

/** The part of an id that tells it from its neighbours. */
export const short = (id: string): string => `…${id.slice(-4)}`;
