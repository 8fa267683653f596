import { leadCreated } from '@leadstream/contracts/lead-created';
import type { Draft, Nothing } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { eventId } from '@leadstream/eventlog/ids';
import type { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog, type Loaded } from '@leadstream/eventlog/log';
import { States } from '@leadstream/eventlog/states';
import { decideClaim, decideOutcome, recheckClaim, writtenFor, type Claimant } from '@leadstream/lead/claim';
import { leadFold } from '@leadstream/lead/evolve';
import { decideFeedback } from '@leadstream/lead/feedback';
import { clean } from '@leadstream/lead/hygiene';
import { leadId } from '@leadstream/lead/identity';
import { mailboxHash, mailboxOf, numberHash } from '@leadstream/lead/mailbox';
import { initial, type LeadState } from '@leadstream/lead/state';
import { decideTriage } from '@leadstream/lead/triage';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { parseFolder, type Folder } from '@leadstream/sequences/folder';
import { mailHash, partyHash } from '@leadstream/sequences/mail-hash';
import { decideDue, decidePlan, type Planning } from '@leadstream/sequences/plan';
import { routed } from '@leadstream/sequences/submission';
import { readFolder } from '@leadstream/service/sequence-store';

/** Leads in progress at once: their events are interleaved, as in a real log. */
const ABREAST = 500;
/** Of ten leads one waits for its mail; the others have had theirs. */
const WAITS_EVERY = 10;
/** Three to seven minutes become three to seven days. */
const WAIT_SCALE = 1_440;
const ZONE = 'Europe/Berlin';
const REENROL_AFTER_MS = 7 * 86_400_000;
/** Within office hours for some hours: the lives that are over began on a Tuesday of the last nine days. */
const SPREAD_MS = 3 * 3_600_000;

/** The bytes of the sequence's mail do not matter to the log: only its hash is there. */
const MAIL = {
  subject: 'About our guide',
  text: 'What made you look for it?',
  html: '<p>What made you look for it?</p>',
};

/** `new`: its first event only, for a scheduler to go on with. */
export type Kind = 'ended' | 'waits' | 'new';

/**
 * Leads as the services make them: decided by their deciders, sealed and appended by their log, each with the times of
 * its own life. Only the services' questions are missing, since each lead has one writer.
 */
export class Lives {
  readonly #broker: Broker;
  readonly #keys: Keyring;
  readonly #secret: string;
  readonly #folder: Folder;
  readonly #states = new States<LeadState>();

  private constructor(broker: Broker, keys: Keyring, secret: string, folder: Folder) {
    this.#broker = broker;
    this.#keys = keys;
    this.#secret = secret;
    this.#folder = folder;
  }

  static async open(broker: Broker, keys: Keyring, secret: string, folder: string): Promise<Lives> {
    return new Lives(broker, keys, secret, parseFolder(await readFolder(folder)));
  }

  addressOf(n: number): string {
    return `lead.${n}@example.com`;
  }

  idOf(n: number): string {
    return leadId(this.#secret, this.addressOf(n));
  }

  /** Appends the lives of leads `from` to `until`; without `kind` nine of ten are over. */
  async write(from: number, until: number, onLead: () => void = () => undefined, kind?: Kind): Promise<void> {
    let next = from;
    const lane = async () => {
      while (next < until) {
        const n = next++;
        await this.#live(n, kind ?? (n % WAITS_EVERY === 0 ? 'waits' : 'ended'));
        onLead();
      }
    };
    await Promise.all(Array.from({ length: Math.min(ABREAST, until - from) }, lane));
  }

  async #live(n: number, kind: Kind): Promise<void> {
    const life = new Life(this.#broker, this.#keys, this.#states, this.idOf(n), kind);
    await life.step(eventId({ stream: 'INTAKE', seq: n + 1 }, 'triage'), (state) =>
      decideTriage(state, this.#submission(n, life.now), {
        nowMs: life.now.epochMilliseconds,
        reenrolAfterMs: REENROL_AFTER_MS,
      }),
    );
    if (kind === 'new') return;
    const planning = (): Planning => ({
      now: life.now,
      sequence: (id) => this.#folder.sequences.find((one) => one.id === id),
      delayScale: kind === 'waits' ? WAIT_SCALE : 1,
      hours: BUSINESS_HOURS,
      isActive: () => false,
    });
    await life.step(life.idOf('plan'), (state) => decidePlan(state, planning()));
    if (kind !== 'ended') return;
    life.until(life.plannedAtMs + 400);
    await life.step(life.idOf('due'), (state) => decideDue(state, planning()));
    await life.mail(this.addressOf(n));
    await life.step(life.idOf('plan'), (state) => decidePlan(state, planning()));
  }

  #submission(n: number, at: Temporal.Instant) {
    const created = leadCreated.parse({
      email: this.addressOf(n),
      firstName: 'Jane',
      lastName: `Doe ${n}`,
      phone: `+1212555${String(n % 10_000).padStart(4, '0')}`,
      timeZone: ZONE,
      leadData: { source: 'bench', medium: 'paid_search', campaign: 'q4_enterprise_focus' },
    });
    const cleaned = clean(created, { defaultRegion: 'US' });
    const { routes, sequences } = this.#folder;
    if ('refused' in cleaned) throw new Error(`lead ${n} is refused: ${cleaned.refused.reason}`);
    if (!routes) throw new Error('the folder has no routes');
    const { address, phone } = cleaned.contact;
    return {
      ...routed(cleaned, { routes, sequences, defaultTimeZone: 'UTC', at }),
      intake: { seq: n + 1, key: `bench/${this.idOf(n)}`, source: 'bench' },
      trusted: false,
      mailbox: mailboxHash(this.#secret, mailboxOf(address).name),
      ...(phone === undefined ? {} : { number: numberHash(this.#secret, phone) }),
    };
  }
}

/** One lead's log with the clock of its life. */
class Life {
  now: Temporal.Instant;
  readonly #log: EventLog<LeadState>;
  readonly #leadId: string;
  #at: Loaded<LeadState>;

  constructor(broker: Broker, keys: Keyring, states: States<LeadState>, id: string, kind: Kind) {
    this.#leadId = id;
    this.#at = { leadId: id, state: initial, version: 0, lastSeq: 0 };
    this.now = begin(kind);
    this.#log = new EventLog(broker, leadFold, { source: 'bench', now: () => this.now, keys, states });
  }

  until(ms: number): void {
    this.now = Temporal.Instant.fromEpochMilliseconds(ms);
  }

  idOf(name: string): (at: Loaded<LeadState>) => string {
    return ({ lastSeq }) => eventId({ stream: 'LEADS', seq: lastSeq }, name);
  }

  get plannedAtMs(): number {
    const { phase } = this.#at.state;
    if (phase.kind !== 'planned') throw new Error(`${this.#leadId} is ${phase.kind}, not planned`);
    return Math.ceil(Date.parse(phase.step.at));
  }

  async step(
    id: string | ((at: Loaded<LeadState>) => string),
    decide: (state: LeadState) => Draft | Nothing,
  ): Promise<void> {
    const outcome = await this.#log.decide(this.#leadId, id, decide, this.#at);
    if ('nothing' in outcome) throw new Error(`${this.#leadId}: nothing was decided, ${outcome.nothing}`);
    this.#at = outcome.after;
    this.#later(3);
  }

  /** The claim, the provider's answer, and its event. */
  async mail(to: string): Promise<void> {
    const { phase } = this.#at.state;
    if (phase.kind !== 'due') throw new Error(`${this.#leadId} is ${phase.kind}, not due`);
    const written = writtenFor(this.#at.state, phase.step);
    const hash = {
      ...mailHash(this.#leadId, MAIL),
      ...partyHash(this.#leadId, { to, from: { email: 'sales@acme.example' } }),
    };
    const claimant = (sendId: string): Claimant => ({
      now: this.now,
      sendId,
      deadlineMs: 90_000,
      provider: 'sendgrid',
      mailHash: hash,
    });
    const claim = await this.#log.claim(
      this.#leadId,
      (state, sendId) => decideClaim(state, claimant(sendId), written),
      (state) => recheckClaim(state, '', this.now),
      this.#at,
    );
    if (!claim.held || claim.event.type !== 'lead.send-started')
      throw new Error(`${this.#leadId}: the claim is not held`);
    this.#at = claim.after;
    const { data, seq } = claim.event;
    this.#later(120);
    const answer = {
      kind: 'accepted',
      provider: 'sendgrid',
      providerMessageId: data.sendId.replaceAll('-', ''),
    } as const;
    await this.step(eventId({ stream: 'LEADS', seq }, 'outcome'), (state) =>
      decideOutcome(state, data, answer, this.now),
    );
    this.#later(1_500);
    await this.step(eventId({ stream: 'FEEDBACK', seq, index: 0 }, 'feedback'), (state) =>
      decideFeedback(state, {
        kind: 'delivered',
        key: `event/${data.sendId.replaceAll('-', '')}/delivered`,
        provider: 'sendgrid',
        at: this.now.toString(),
        sendId: data.sendId,
        recipient: this.#leadId,
        feedbackSeq: seq,
      }),
    );
  }

  #later(ms: number): void {
    this.until(this.now.epochMilliseconds + ms);
  }
}

const DAY = Temporal.Now.plainDateISO('UTC').subtract({ days: 2 });
const TUESDAY = DAY.subtract({ days: (DAY.dayOfWeek + 5) % 7 })
  .toZonedDateTime({ timeZone: ZONE, plainTime: '10:00' })
  .toInstant();

/** A life that is over began long ago; the others begin now. */
const begin = (kind: Kind): Temporal.Instant =>
  kind === 'ended' ? TUESDAY.add({ milliseconds: Math.floor(Math.random() * SPREAD_MS) }) : Temporal.Now.instant();
