import { Sync } from '@leadstream/crm/sync';
import { wishOf } from '@leadstream/crm/wish';
import { initial, type LeadState } from '@leadstream/lead/state';
import { HubSpotTrouble, type HubSpotCall } from '@leadstream/providers/hubspot/access';
import { LEAD_ID, propertyNames } from '@leadstream/providers/hubspot/properties';
import { Contacts } from '@leadstream/sandbox-esp/contacts';
import { answerBatch, type Verb } from '@leadstream/sandbox-esp/hubspot';
import type { Told, ToldStore } from '@leadstream/service/crm/told';
import type { Logger } from 'pino';
import type { Choices } from '../choices.ts';
import { VirtualTime } from './virtual-time.ts';

const LEADS = ['lead-1', 'lead-2', 'lead-3'] as const;
const PROCESSES = 2;
const ACK_WAIT_MS = 120_000;
const CALL_MS = 10_000;
/** Longer than any wait of the service, many times. */
const STEPS_MAX = 4_000;
const STANDS_MS = [5_000, 12_000, 25_000, 100_000, 200_000] as const;
const [ROUNDS, TICKS] = [5, 3];
/** Two, so that a state often comes back. */
const SEQUENCES = ['welcome', 'news'] as const;

const nothing = () => undefined;
const log = { info: nothing, warn: nothing, error: nothing } as unknown as Logger;

/** The log, its consumer, the records and HubSpot, which outlive the processes. */
class World {
  readonly time = new VirtualTime();
  readonly contacts = new Contacts();
  readonly states = new Map<string, LeadState>();
  readonly records = new Map<string, { told: Told; revision: number }>();
  /** Messages by lead, and when each is delivered next. */
  readonly queue: { leadId: string; atMs: number }[] = [];
  isCalm = false;
  readonly choices: Choices;
  #revision = 0;

  constructor(choices: Choices) {
    this.choices = choices;
    for (const name of propertyNames) this.contacts.properties.set(name, name === LEAD_ID);
    for (const leadId of LEADS) {
      if (choices.happens('has a contact', 0.7)) this.contacts.create({ email: `${leadId}@example.com` });
      this.happen(leadId);
    }
  }

  goesWrong(what: string, probability: number): boolean {
    return !this.isCalm && this.choices.happens(what, probability);
  }

  /** A state may come back, so that an older record can name it. */
  happen(leadId: string): void {
    const sequence = this.choices.one('sequence', SEQUENCES);
    const isErased = this.choices.happens('erased', 0.05);
    this.states.set(leadId, {
      ...initial,
      leadId,
      contact: isErased ? null : { email: `${leadId}@example.com`, address: `${leadId}@example.com` },
      stop: isErased ? { why: 'erased', at: '2026-11-23T08:00:00Z', seq: 1 } : null,
      run: { id: 'run', sequence, version: 1, route: { sequence, tag: 'tag', rank: 0 } },
    });
    this.queue.push({ leadId, atMs: this.time.nowMs });
  }

  write(leadId: string, told: Told, revision: number): number | undefined {
    if ((this.records.get(leadId)?.revision ?? 0) !== revision) return undefined;
    this.records.set(leadId, { told, revision: ++this.#revision });
    return this.#revision;
  }
}

/** A process of the service, until it dies: then nothing is answered to it. */
class Process {
  isDead = false;
  /** A call of it arrived later than any time limit: it lives until it has noticed. */
  #isBehind = false;
  readonly #world: World;
  readonly #sync: Sync;

  constructor(world: World) {
    this.#world = world;
    const told: ToldStore = {
      read: (leadId) => this.#remote(() => ({ revision: 0, ...world.records.get(leadId) })),
      write: (...it) => this.#remote(() => world.write(...it)),
    };
    this.#sync = new Sync({
      ...{ told, log, counted: nothing, create: world.choices.happens('creates', 0.5), nowMs: () => world.time.nowMs },
      load: (leadId) => this.#remote(() => world.states.get(leadId) ?? initial),
      call: (request) => this.#call(request),
    });
  }

  async run(): Promise<void> {
    const { time, queue } = this.#world;
    while (!this.isDead) {
      const due = queue.filter(({ atMs }) => atMs <= time.nowMs);
      for (const message of due) message.atMs = time.nowMs + ACK_WAIT_MS;
      const again = await this.#sync.tell([...new Set(due.map(({ leadId }) => leadId))]).catch((error: unknown) => {
        if (error instanceof HubSpotTrouble) return undefined;
        throw error;
      });
      for (const message of due) {
        const waitMs = again ? again.get(message.leadId) : 5_000;
        if (waitMs !== undefined) message.atMs = time.nowMs + waitMs;
        else if (queue.includes(message)) queue.splice(queue.indexOf(message), 1);
      }
      await time.sleep(1_000);
      while (this.#sync.owes) {
        await this.#sync.tellOwed().catch(nothing);
        await time.sleep(1_000);
      }
      this.#isBehind = false;
    }
  }

  /** A request to NATS: now and then the process stands still before or after it, or dies. */
  async #remote<T>(answer: () => T): Promise<T> {
    await this.#latency();
    const answered = answer();
    await this.#latency();
    return answered;
  }

  async #latency(): Promise<void> {
    const { time, choices } = this.#world;
    if (!this.#isBehind && this.#world.goesWrong('dies', 0.02)) this.isDead = true;
    if (this.isDead) return time.never();
    const isFrozen = this.#world.goesWrong('stands still', 0.08);
    await time.sleep(isFrozen ? choices.one('stands still for', STANDS_MS) : 1 + choices.unit('latency') * 50);
  }

  async #call({ path, body }: Parameters<HubSpotCall>[0]): ReturnType<HubSpotCall> {
    const { time, choices, contacts } = this.#world;
    const sinceMs = time.nowMs;
    await time.sleep(this.#world.goesWrong('slow', 0.1) ? choices.unit('slow') * CALL_MS : 20);
    if (this.#world.goesWrong('stands still in a call', 0.2)) {
      await time.sleep(choices.unit('in a call for') * 200_000);
      this.#isBehind ||= time.nowMs - sinceMs > CALL_MS;
    }
    if (this.#world.goesWrong('limited', 0.05)) throw new HubSpotTrouble('limited', '429', { waitMs: 10_000 });
    if (this.#world.goesWrong('lost on the way', 0.05)) throw new HubSpotTrouble('down', 'TIMEOUT');
    const [status, answered] = answerBatch(path.split('/').at(-1) as Verb, body, contacts);
    if (this.#world.goesWrong('answer lost', 0.05)) throw new HubSpotTrouble('down', 'ECONNRESET');
    await this.#latency();
    return { status, headers: {}, text: JSON.stringify(answered) };
  }
}

/** Tells HubSpot of a few leads through random faults, and then in calm, again and again; returns what it has wrong. */
export async function simulateCrm(choices: Choices): Promise<string[]> {
  const world = new World(choices);
  const { time, queue, states, contacts } = world;
  const processes: Process[] = [];
  const keepRunning = () => {
    while (processes.filter(({ isDead }) => !isDead).length < PROCESSES) {
      const one = new Process(world);
      processes.push(one);
      void one.run();
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (let tick = 0; tick < TICKS; tick++) {
      keepRunning();
      for (const leadId of LEADS) if (choices.happens('happens', 0.6)) world.happen(leadId);
      await time.pass(choices.one('passes', [1_000, 3_000, 10_000, 40_000, 150_000]));
    }
    world.isCalm = true;
    keepRunning();
    for (let step = 0; queue.length > 0 && step < STEPS_MAX; step++) await time.pass(5_000);
    // A process that stood still may have a call in hand.
    await time.pass(600_000);
    world.isCalm = false;
    if (queue.length > 0) return [`${queue.length} messages are never done`];
    const wrong = LEADS.flatMap((leadId) => wrongOf(leadId, states.get(leadId) ?? initial, contacts));
    if (wrong.length > 0) return wrong;
  }
  return [];
}

function wrongOf(leadId: string, state: LeadState, contacts: Contacts): string[] {
  const wish = wishOf(leadId, state);
  const contact = contacts.find('email', `${leadId}@example.com`);
  if (!wish || !contact) return [];
  return propertyNames
    .filter((name) => (contact.properties[name] ?? '') !== wish.properties[name])
    .map((name) => `${leadId}: ${name} is ${contact.properties[name]}, and should be ${wish.properties[name]}`);
}
