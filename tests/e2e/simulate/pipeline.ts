import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { logEnd } from '@leadstream/eventlog/log-stream';
import type { Recorded } from '@leadstream/contracts/events';
import { leadFold } from '@leadstream/lead/evolve';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import { exampleSettings } from '@leadstream/testing/example-settings';
import type { SandboxMessage } from '@leadstream/sandbox-esp/client';
import type { Sequence } from '@leadstream/sequences/definition';
import { giveCommand } from '@leadstream/service/commands';
import { eventually } from '@leadstream/testing/eventually';
import { lead, TRUSTED, type Stack } from '../stack.ts';
import { FAULTS, TICK_MS, type Due, type Fate } from './fates.ts';
import { courseOf, type Course } from './course.ts';

export interface Person {
  email: string;
  source: string;
  timeZone: string;
  arrivesMs: number;
  fate: Fate;
}

/** The clock of all services: it stands still until everything that it made due is done. */
export class SteppedClock {
  nowMs: number;
  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }
  readonly now = (): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(this.nowMs);
}

type Act = { atMs: number; act: () => Promise<unknown> };

/** Leads in the services, on real servers, with a clock that jumps to the next time at which something is due. */
export class Pipeline {
  readonly #stack: Stack;
  readonly #clock: SteppedClock;
  readonly #sequences: readonly Sequence[];
  readonly #log: EventLog<LeadState>;
  readonly #people: ReadonlyMap<string, Person>;
  readonly #acts: Act[] = [];
  readonly #seen = new Set<string>();
  readonly #mails = new Map<string, number>();

  constructor(stack: Stack, clock: SteppedClock, people: readonly Person[], sequences: readonly Sequence[]) {
    this.#stack = stack;
    this.#clock = clock;
    this.#sequences = sequences;
    this.#people = new Map(people.map((person) => [stack.idOf(person.email), person]));
    this.#log = new EventLog<LeadState>(stack.broker, leadFold, {
      source: 'operator',
      now: clock.now,
      keys: new Keyring(stack.broker, [exampleSettings('tests').DATA_KEYS]),
    });
    for (const person of people) {
      const { fate, arrivesMs } = person;
      this.#acts.push({ atMs: arrivesMs, act: () => this.#arrive(person) });
      if (!fate.submitsAgain) continue;
      const { source, afterTicks } = fate.submitsAgain;
      this.#acts.push({ atMs: arrivesMs + afterTicks * TICK_MS, act: () => this.#submit(person, source) });
    }
  }

  async run(untilMs: number): Promise<Map<string, Course>> {
    for (;;) {
      this.#acts.sort((a, b) => a.atMs - b.atMs);
      const nextMs = Math.min(this.#acts[0]?.atMs ?? Infinity, await this.#nextActionMs());
      if (nextMs > untilMs) break;
      this.#clock.nowMs = nextMs;
      await this.#quiet();
      await this.#readMails();
      while (this.#acts[0] && this.#acts[0].atMs <= nextMs) await this.#acts.shift()?.act();
      await this.#quiet();
      await this.#readMails();
    }
    const courses = new Map<string, Course>();
    const messages = new Map(
      this.#stack.sandbox.messages().map((message) => [message.custom_args['send_id'] ?? '', message]),
    );
    for (const leadId of this.#people.keys()) {
      const events: Recorded[] = await this.#stack.log.history(leadId);
      const { state } = await this.#stack.log.load(leadId);
      courses.set(
        leadId,
        courseOf(events, statusOf(state), (sendId) => messages.get(sendId)?.subject),
      );
    }
    return courses;
  }

  async #arrive(person: Person): Promise<void> {
    for (const answer of person.fate.answers ?? [])
      await this.#stack.client.faults({ ...FAULTS[answer], to: person.email });
    await this.#submit(person, person.source);
  }

  #submit({ email, timeZone }: Person, source: string): Promise<Response> {
    return this.#stack.post(lead(email, source, { timeZone }), TRUSTED);
  }

  /** In whole ticks, as the simulator's hunter. */
  async #nextActionMs(): Promise<number> {
    const [next] = await this.#stack.queries.dueLeads(Temporal.Instant.from('2100-01-01T00:00:00Z'), 1);
    return next ? Math.ceil(Number(next.nextActionAt) / TICK_MS) * TICK_MS : Infinity;
  }

  async #readMails(): Promise<void> {
    for (const message of this.#stack.sandbox.messages()) {
      if (this.#seen.has(message.id)) continue;
      this.#seen.add(message.id);
      const leadId = message.custom_args['lead_id'] ?? '';
      const person = this.#people.get(leadId);
      if (!person || message.to !== person.email) continue;
      const count = (this.#mails.get(leadId) ?? 0) + 1;
      this.#mails.set(leadId, count);
      for (const due of person.fate.after?.[count] ?? [])
        this.#acts.push({
          atMs: this.#clock.nowMs + due.afterTicks * TICK_MS,
          act: () => this.#do(due, leadId, message),
        });
    }
  }

  #do(due: Due, leadId: string, { id: messageId }: SandboxMessage): Promise<unknown> {
    const { client } = this.#stack;
    switch (due.does) {
      case 'answers':
        return client.reply({ messageId, text: due.text });
      case 'is away':
        return client.reply({
          messageId,
          text: `I am away until ${due.lastDay}.`,
          headers: { 'Auto-Submitted': 'auto-replied' },
        });
      case 'clicks':
        return client.event({ messageId, event: 'click', url: 'https://example.com/' });
      case 'bounces':
        return client.event({ messageId, event: 'bounce', type: 'bounce', status: '5.1.1' });
      case 'complains':
        return client.event({ messageId, event: 'spamreport' });
      case 'unsubscribes':
        return client.event({ messageId, event: 'unsubscribe' });
      case 'command':
        return giveCommand(this.#log, leadId, due.command(this.#sequences));
    }
  }

  /** Waits until nobody has anything to do at this time. */
  async #quiet(): Promise<void> {
    await eventually(async () => {
      const before = await this.#ends();
      return (await this.#isIdle()) && (await this.#ends()) === before;
    });
  }

  async #isIdle(): Promise<boolean> {
    const { sandbox, queries, unhandled } = this.#stack;
    const isPosted = sandbox
      .messages()
      .every(({ events }) => events.length > 1 && events.every(({ status }) => status !== undefined));
    if (!isPosted || (await queries.dueLeads(this.#clock.now(), 1)).length > 0) return false;
    for (const stream of ['INTAKE', 'FEEDBACK', 'LEADS'] as const) if ((await unhandled(stream)) > 0) return false;
    return true;
  }

  /** The streams' last sequences. */
  async #ends(): Promise<string> {
    const { broker, jsm } = this.#stack;
    const doors = await Promise.all(['INTAKE', 'FEEDBACK'].map((name) => jsm.streams.info(name)));
    return [...doors.map(({ state }) => state.last_seq), ...(await logEnd(broker)).end].join();
  }
}
