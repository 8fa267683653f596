import { CE } from '@leadstream/contracts/envelope';
import type { Recorded, Route } from '@leadstream/contracts/events';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { CANARY_SOURCE } from '@leadstream/lead/canary';
import type { Rep } from '@leadstream/sequences/reps';
import type { Streams } from './broker.ts';
import { migrationOf, REENROL_AFTER_MS, REPS, stepCount } from './configuration.ts';
import { TEXTED } from './texted.ts';
import type { Word } from './gateway.ts';
import { commandRequest, type CommandRequest } from './operator-commands.ts';
import type { Esp } from './esp.ts';
import type { SimulatedRun } from './faults.ts';

/** `by`: the open form, or the CRM, which is trusted. `consentAt`: the time of a consent to texts to the phone. */
export interface Submission {
  email: string;
  source: string;
  id: string;
  by: 'form' | 'crm';
  message: string;
  phone?: string;
  consentAt?: string;
  publishedMs: number;
}
const SOURCES = ['whitepaper', 'demo_request', 'trade fair', 'contact_form'] as const;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'] as const;
const MESSAGES = ['', 'please call me', 'new words', 'please call me'] as const;
/** Of the conditions and exits in configuration.ts, and the one that stops alone may set. */
const TAGS = ['vip', 'customer', 'STOP_SEQUENCE'] as const;
const CALLERS = ['form', 'crm', 'form'] as const;

const TEXT_SOURCES = [TEXTED, TEXTED, TEXTED, ...SOURCES] as const;
const TEXT_CALLERS = ['crm', 'crm', 'form'] as const;
/** The lead's own mobile, another one, a number without a zone, and one that cannot be texted. */
const PHONES = ['+4915112345678', '+4915112345678', '+4915212345678', '+80012345678', ''] as const;
const CONSENTS = ['now', 'now', 'as before', 'none'] as const;
/** Without a zone, the number shows where the lead lives, or nothing does. */
const ZONELESS = 0.3;
const ON_AND_ON = 6;
const ON_AND_ON_MS = REENROL_AFTER_MS + 900_000;
/** The most actions in one run, to keep it within its step budget. */
const ACTIONS_MAX = 12;
const ACTIONS = [
  'writes',
  'is forged',
  'unsubscribes',
  'leaves a series',
  'submits again',
  'is submitted on and on',
  'is submitted twice',
  'pause',
  'resume',
  'resume although away',
  'stop',
  'is listed',
  'restart',
  'restart the last',
  'move',
  'assign',
  'note',
  'resolve as sent',
  'resolve as skipped',
  'tag',
  'migrate',
  'erase',
] as const;
/** What a lead with a phone does, too. */
const TEXT_ACTIONS = [...ACTIONS, 'texts STOP', 'texts START', 'texts words'] as const;
type Action = (typeof TEXT_ACTIONS)[number];
const WORDS = { 'texts STOP': 'STOP', 'texts START': 'START', 'texts words': 'words' } as const satisfies Partial<
  Record<Action, Word>
>;
const WEIGHTS: Readonly<Record<Action, number>> = {
  writes: 2,
  'is forged': 2,
  unsubscribes: 1,
  'leaves a series': 3,
  'submits again': 3,
  'is submitted on and on': 2,
  'is submitted twice': 2,
  pause: 3,
  resume: 3,
  'resume although away': 1,
  stop: 1,
  'is listed': 1,
  restart: 2,
  'restart the last': 2,
  move: 2,
  assign: 1,
  note: 1,
  'resolve as sent': 2,
  'resolve as skipped': 2,
  tag: 2,
  migrate: 3,
  erase: 1,
  'texts STOP': 3,
  'texts START': 2,
  'texts words': 1,
};

const LISTED_AT_FIRST = 0.05;
/** Actions that need no route, run or send. */
type Remark = 'pause' | 'resume' | 'resume although away' | 'stop' | 'is listed' | 'assign' | 'tag' | 'note';

/** Actions are most likely while a mail is about to be sent. */
const CRITICAL: ReadonlySet<Recorded['type']> = new Set(['lead.send-started', 'lead.step-due']);
const REROUTES = ['restart', 'move', 'resolve as skipped', 'submits again'] as const;

/** Gives a command as leadctl does. */
export type Operator = (request: CommandRequest) => void;

/** The lead, who submits again, and the operators. They act most often right after another event of the lead. */
export class People {
  readonly submitted: Submission[] = [];
  readonly #run: SimulatedRun;
  readonly #streams: Streams;
  readonly #esp: Esp;
  readonly #give: Operator;
  readonly requests: CommandRequest[] = [];
  readonly #routes: readonly Route[];
  readonly #zone: string;
  #actions = 0;
  #isTriaged = false;

  constructor(run: SimulatedRun, streams: Streams, esp: Esp, routes: readonly Route[], give: Operator) {
    this.#run = run;
    this.#streams = streams;
    this.#give = give;
    this.#esp = esp;
    this.#routes = routes;
    this.#zone = run.choices.one('zone', ZONES);
  }

  submit(
    email: string,
    by = this.#run.choices.one('caller', this.#run.texts ? TEXT_CALLERS : CALLERS),
    message: string = this.#run.choices.one('message', MESSAGES),
  ): void {
    this.#publish({
      email,
      source: this.#source(),
      id: `form-${this.submitted.length + 1}`,
      by,
      message: message === 'new words' ? `new words ${this.submitted.length}` : message,
      ...(this.#run.texts ? this.#phone() : {}),
    });
  }

  #source(): string {
    const { texts, choices, canary } = this.#run;
    const source = texts ? choices.one('source', TEXT_SOURCES) : choices.one('source', SOURCES);
    return canary === 'none' ? source : CANARY_SOURCE;
  }

  /** A consent of now, or one that the caller reports again. */
  #phone(): Pick<Submission, 'phone' | 'consentAt'> {
    const { choices, time } = this.#run;
    const phone = choices.one('phone', PHONES);
    const consent = choices.one('consent', CONSENTS);
    const before = this.submitted.findLast(({ consentAt }) => consentAt !== undefined)?.consentAt;
    const consentAt = consent === 'none' ? undefined : consent === 'now' ? time.textBut(0) : before;
    return { ...(phone ? { phone } : {}), ...(consentAt ? { consentAt } : {}) };
  }

  /** The first submission, which an imported list of addresses may come before or after. */
  begin(email: string): void {
    const { choices, time } = this.#run;
    if (choices.happens('listed at first', LISTED_AT_FIRST))
      time.after(this.#run.drawDelayMs('listed after'), () => this.#remark('is listed'), null);
    time.after(1, () => this.submit(email), null);
  }

  /** An operator adds a tag: an event without a mail. */
  tag(tag: string): void {
    this.#command(() => ({ by: 'olga', kind: 'tag', add: [tag], remove: [] }));
  }

  /** An operator who has looked at the lead lets its mails go on. */
  resume(): void {
    this.#command(() => ({ by: 'olga', kind: 'resume' }));
  }

  /** Called for each event of the lead: people may react. */
  notice({ leadId, type }: Recorded, email: string): void {
    if (type === 'lead.triaged') this.#isTriaged = true;
    if (this.#actions >= ACTIONS_MAX || !this.#run.goesWrong('people', CRITICAL.has(type) ? 3 : 1)) return;
    this.#actions++;
    const actions = this.#run.texts ? TEXT_ACTIONS : ACTIONS;
    const action =
      actions[
        this.#run.choices.pick(
          'happening',
          actions.map((each) => WEIGHTS[each]),
        )
      ] ?? 'tag';
    this.#run.time.after(this.#run.drawDelayMs('happening after'), () => this.#perform(action, leadId, email), null);
  }

  /** An operator who finds the lead stopped gives it another route. */
  reroute(ms: number, leadId: string, email: string): void {
    this.#run.time.after(ms, () => this.#perform(this.#run.choices.one('moving on', REROUTES), leadId, email), null);
  }

  /** An attacker who wants to flood a mailbox: each submission comes as soon as it may start a run again. */
  #submitOnAndOn(email: string): void {
    for (let index = 0; index < ON_AND_ON; index++)
      this.#run.time.after(index * ON_AND_ON_MS, () => this.submit(email, 'form', 'new words'), null);
  }

  #perform(action: Action, leadId: string, email: string): void {
    const [first] = this.submitted;
    if (action === 'writes') return this.#write(email, leadId);
    if (action === 'is forged') return this.#write(email, leadId, true);
    if (action === 'unsubscribes') return this.#esp.report('unsubscribe', email, leadId);
    if (action === 'submits again') return this.submit(email);
    if (action === 'is submitted on and on') return this.#submitOnAndOn(email);
    if (action === 'texts STOP' || action === 'texts START' || action === 'texts words')
      return this.#esp.gateway.write(leadId, WORDS[action]);
    if (action === 'is submitted twice') return first && this.#publish(first);
    const route = this.#run.choices.one('route', this.#routes as [Route, ...Route[]]);
    // Mostly the sequence of the mail; the link can be edited to name another.
    if (action === 'leaves a series')
      return this.#esp.unsubscribe(
        leadId,
        this.#run.choices.happens('another series', 0.3) ? route.sequence : undefined,
      );
    const by = { by: 'olga' };
    switch (action) {
      case 'erase':
        return this.#erase();
      case 'pause':
      case 'resume':
      case 'resume although away':
      case 'stop':
      case 'is listed':
      case 'assign':
      case 'tag':
      case 'note':
        return this.#remark(action);
      case 'migrate':
        return this.#command((_send, run) => ({ ...by, kind: 'migrate', ...migrationOf(run, leadId) }));
      case 'restart':
        return this.#command(() => ({ ...by, kind: 'restart', route }));
      case 'restart the last':
        return this.#command(() => ({ ...by, kind: 'restart', routes: this.#routes }));
      case 'move': {
        const steps = Array.from({ length: stepCount(route.sequence) }, (_step, index) => index);
        const step = this.#run.choices.one('step', steps as [number, ...number[]]);
        return this.#command(() => ({ ...by, kind: 'move', route, step }));
      }
      case 'resolve as sent':
      case 'resolve as skipped': {
        const as = action === 'resolve as sent' ? 'sent' : 'skipped';
        return this.#command((sendId) => ({ ...by, kind: 'resolve', sendId, as }));
      }
    }
  }

  /** An address that is only on an imported list is no lead yet: its mail is a stranger's. */
  #write(email: string, leadId: string, forged = false): void {
    if (this.#isTriaged) this.#esp.sendMail(email, leadId, this.#actions, forged);
  }

  /** A command that needs no route, run or send. */
  #remark(action: Remark): void {
    switch (action) {
      case 'pause':
      case 'resume':
        return this.#command(() => ({ by: 'olga', kind: action }));
      case 'resume although away':
        return this.#command(() => ({ by: 'olga', kind: 'resume', althoughAway: true }));
      case 'stop': {
        const at = this.#run.time.textBut(0);
        return this.#command(() => ({ by: 'olga', kind: 'stop', at }));
      }
      case 'is listed': {
        const why = this.#run.choices.one('listed as', ['unsubscribed', 'bounced'] as const);
        return this.#command(() => ({ by: 'olga', kind: 'suppress', why, list: 'a list' }));
      }
      case 'assign': {
        const { id: rep } = this.#run.choices.one('rep', REPS as [Rep, ...Rep[]]);
        return this.#command(() => ({ by: 'olga', kind: 'assign', rep }));
      }
      case 'tag': {
        const tag = this.#run.choices.one('tag', TAGS);
        const isGone = this.#run.choices.happens('untagged', 0.3);
        const change = isGone ? { add: [], remove: [tag] } : { add: [tag], remove: [] };
        return this.#command(() => ({ by: 'olga', kind: 'tag', ...change }));
      }
      case 'note':
        return this.#command(() => ({ by: 'olga', kind: 'note', text: 'Jane called' }));
    }
  }

  /** Repeated without a key until no data is left. */
  #erase(): void {
    this.#give({ make: () => ({ by: 'olga', kind: 'erase' }), attempts: [] });
  }

  /** A command with a key is sometimes repeated: its answer was lost, or the operator clicked twice. */
  #command(make: CommandRequest['make']): void {
    const request = commandRequest(this.#run, this.requests.length + 1, make);
    this.requests.push(request);
    this.#give(request);
    if (request.key && this.#run.choices.happens('given again', 0.6))
      this.#run.time.after(this.#run.drawDelayMs('given again after'), () => this.#give(request), null);
  }

  #publish(submission: Omit<Submission, 'publishedMs'>): void {
    const { email, source, id, by, message, phone, consentAt } = submission;
    this.#run.trace(by, `submits ${id}, ${source}`);
    this.submitted.push({ ...submission, publishedMs: this.#run.time.nowMs });
    const head = { [CE.id]: id, [CE.type]: LEAD_CREATED, [CE.source]: by, [CE.time]: this.#run.time.textBut(0) };
    // A form filled in by another person may have another time zone.
    const timeZone =
      by === 'form' ? this.#run.choices.one('another zone', [this.#zone, ...ZONES] as const) : this.#zone;
    const isZoneless = this.#run.texts && this.#run.choices.happens('no zone', ZONELESS);
    const body = {
      email,
      firstName: 'Jane',
      ...(isZoneless ? {} : { timeZone }),
      ...(phone ? { phone } : {}),
      ...(consentAt ? { consent: { sms: { text: 'I agree to texts.', at: consentAt } } } : {}),
      leadData: { source, fields: message ? { message } : {} },
    };
    this.#streams.store(LEAD_CREATED, body, { headers: head, msgID: `${by}/${id}` });
  }
}
