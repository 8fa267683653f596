import { CE } from '@leadstream/contracts/envelope';
import type { Recorded, Route } from '@leadstream/contracts/events';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import type { Streams } from './broker.ts';
import { REENROL_AFTER_MS } from './configuration.ts';
import { orderOf, type Order } from './operator-commands.ts';
import type { Provider } from './esp.ts';
import type { World } from './faults.ts';

/** `by`: the form, which anybody can fill in, or the CRM, which is trusted. */
export interface Submission {
  email: string;
  source: string;
  id: string;
  by: 'form' | 'crm';
}
const SOURCES = ['whitepaper', 'demo_request', 'trade fair', 'contact_form'] as const;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'] as const;
const CALLERS = ['form', 'crm', 'form'] as const;
const ON_AND_ON = 6;
const ON_AND_ON_MS = REENROL_AFTER_MS + 900_000;
/** What a life has room for. */
const HAPPENINGS_MAX = 12;
const HAPPENINGS = [
  'writes',
  'is forged',
  'unsubscribes',
  'leaves a series',
  'submits again',
  'is submitted on and on',
  'is submitted twice',
  'pause',
  'resume',
  'restart',
  'move',
  'resolve as sent',
  'resolve as skipped',
  'tag',
  'erase',
] as const;
type Happening = (typeof HAPPENINGS)[number];
const OFTEN: Readonly<Record<Happening, number>> = {
  writes: 2,
  'is forged': 2,
  unsubscribes: 1,
  'leaves a series': 3,
  'submits again': 3,
  'is submitted on and on': 2,
  'is submitted twice': 2,
  pause: 3,
  resume: 3,
  restart: 3,
  move: 2,
  'resolve as sent': 2,
  'resolve as skipped': 2,
  tag: 1,
  erase: 1,
};

/** While a mail is about to go everything that happens matters most. */
const MOMENTOUS: ReadonlySet<Recorded['type']> = new Set(['lead.send-started', 'lead.step-due']);
const MOVING_ON = ['restart', 'move', 'resolve as skipped', 'submits again'] as const;

/** Gives a command as leadctl does. */
export type Operator = (order: Order) => void;

/**
 * The lead, who comes back, and the operators: what they do is likeliest right when something else happens to the lead.
 */
export class People {
  readonly submitted: Submission[] = [];
  readonly #world: World;
  readonly #streams: Streams;
  readonly #provider: Provider;
  readonly #give: Operator;
  readonly orders: Order[] = [];
  readonly #routes: readonly Route[];
  readonly #zone: string;
  #happened = 0;

  constructor(world: World, streams: Streams, provider: Provider, routes: readonly Route[], give: Operator) {
    this.#world = world;
    this.#streams = streams;
    this.#give = give;
    this.#provider = provider;
    this.#routes = routes;
    this.#zone = world.choices.one('zone', ZONES);
  }

  submit(email: string, by = this.#world.choices.one('caller', CALLERS)): void {
    this.#publish({
      email,
      source: this.#world.choices.one('source', SOURCES),
      id: `form-${this.submitted.length + 1}`,
      by,
    });
  }

  /** An operator adds a tag: the log goes on where nothing is sent. */
  tag(tag: string): void {
    this.#command(() => ({ by: 'olga', kind: 'tag', add: [tag], remove: [] }));
  }

  /** Something of the lead got into the log: a moment for everybody else. */
  notice({ leadId, type }: Recorded, email: string): void {
    if (this.#happened >= HAPPENINGS_MAX || !this.#world.goesWrong('people', MOMENTOUS.has(type) ? 3 : 1)) return;
    this.#happened++;
    const happening =
      HAPPENINGS[
        this.#world.choices.pick(
          'happening',
          HAPPENINGS.map((each) => OFTEN[each]),
        )
      ] ?? 'tag';
    this.#world.time.after(this.#world.while('happening after'), () => this.#happen(happening, leadId, email), null);
  }

  /** Somebody who finds a lead standing still gives it a new way. */
  moveOn(ms: number, leadId: string, email: string): void {
    this.#world.time.after(
      ms,
      () => this.#happen(this.#world.choices.one('moving on', MOVING_ON), leadId, email),
      null,
    );
  }

  #happen(happening: Happening, leadId: string, email: string): void {
    const [first] = this.submitted;
    if (happening === 'writes') return this.#provider.write(email, leadId, this.#happened);
    if (happening === 'is forged') return this.#provider.write(email, leadId, this.#happened, true);
    if (happening === 'unsubscribes') return this.#provider.report('unsubscribe', email, leadId);
    if (happening === 'submits again') return this.submit(email);
    // By somebody who wants a mailbox filled: each time as soon as it may start a run again.
    if (happening === 'is submitted on and on')
      return void Array.from({ length: ON_AND_ON }, (_each, index) =>
        this.#world.time.after(index * ON_AND_ON_MS, () => this.submit(email, 'form'), null),
      );
    if (happening === 'is submitted twice') return first && this.#publish(first);
    const route = this.#world.choices.one('route', this.#routes as [Route, ...Route[]]);
    // Mostly the series that the mail was of; the link can be made another's.
    if (happening === 'leaves a series')
      return this.#provider.leave(leadId, this.#world.choices.odd('another series', 0.3) ? route.sequence : undefined);
    const by = { by: 'olga' };
    switch (happening) {
      case 'erase':
        return this.#erase();
      case 'pause':
      case 'resume':
        return this.#command(() => ({ ...by, kind: happening }));
      case 'tag':
        return this.#command(() => ({ ...by, kind: 'tag', add: ['vip'], remove: [] }));
      case 'restart':
        return this.#command(() => ({ ...by, kind: 'restart', route }));
      case 'move':
        return this.#command(() => ({ ...by, kind: 'move', route, step: 0 }));
      case 'resolve as sent':
      case 'resolve as skipped': {
        const as = happening === 'resolve as sent' ? 'sent' : 'skipped';
        return this.#command((sendId) => ({ ...by, kind: 'resolve', sendId, as }));
      }
    }
  }

  /** Given again until nothing is left, whatever its key would be. */
  #erase(): void {
    this.#give({ make: () => ({ by: 'olga', kind: 'erase' }), attempts: [] });
  }

  /** With a key it is sometimes given again: its answer was lost, or the operator clicked twice. */
  #command(make: Order['make']): void {
    const order = orderOf(this.#world, this.orders.length + 1, make);
    this.orders.push(order);
    this.#give(order);
    if (order.key && this.#world.choices.odd('given again', 0.6))
      this.#world.time.after(this.#world.while('given again after'), () => this.#give(order), null);
  }

  #publish(submission: Submission): void {
    const { email, source, id, by } = submission;
    this.#world.tell(by, `submits ${id}, ${source}`);
    this.submitted.push(submission);
    const head = { [CE.id]: id, [CE.type]: LEAD_CREATED, [CE.source]: by, [CE.time]: this.#world.time.textBut(0) };
    // Who is not the person may not know where they are.
    const timeZone =
      by === 'form' ? this.#world.choices.one('another zone', [this.#zone, ...ZONES] as const) : this.#zone;
    const body = { email, firstName: 'Jane', timeZone, leadData: { source } };
    this.#streams.store(LEAD_CREATED, body, { headers: head, msgID: `${by}/${id}` });
  }
}
