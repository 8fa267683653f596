import type { ToldEvent } from '@leadstream/eventlog/public-reader';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { DeadLetter, Endpoint, EndpointState } from '@leadstream/service/webhooks/endpoints';
import { Sealer } from '@leadstream/service/webhooks/secrets';
import type { Choices } from '../choices.ts';

const LEADS = 4;
const [WANTED, OTHER] = ['lead.responded', 'lead.completed'] as const;
export const NAME = 'crm';
export const sealer = new Sealer(['the simulation’s secret that wraps the secrets of endpoints']);

/** A post that reached the endpoint, and its answer. */
export interface Posted {
  id: string;
  isTaken: boolean;
}
/** How the endpoint answers; `slow` takes the event, and its answer comes too late. */
export type Mood = 'up' | 'down' | 'slow' | 'gone' | 'moved' | 'busy';

/** PUBLIC, the bucket `webhooks` and the endpoint, which outlive the processes that deliver. */
export class World {
  nowMs = Date.parse('2026-11-23T08:00:00Z');
  mood: Mood = 'up';
  isCalm = false;
  readonly faults: string[] = [];
  readonly posted: Posted[] = [];
  readonly taken = new Set<string>();
  /** Ids of events that were ever dead letters: what comes behind them may go on. */
  readonly buried = new Set<string>();
  readonly dead = new Map<number, DeadLetter>();
  /** Events that the endpoint refuses until the run is calm. */
  readonly #poison = new Set<string>();
  /** The secrets, by the end of their validity. */
  readonly secrets = new Map<string, number>();
  readonly choices: Choices;
  events: ToldEvent[] = [];
  endpoint: Endpoint;
  state: string | undefined;
  #told = 0;

  constructor(choices: Choices) {
    this.choices = choices;
    this.endpoint = {
      ...{ name: NAME, generation: '00000000-0000-4000-8000-000000000000', url: 'https://crm.example/hook' },
      ...{ types: [WANTED], secrets: [this.#secret()], by: 'olga', addedAt: this.at, after: 0 },
    };
  }

  get at(): string {
    return this.now().toString();
  }

  now(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(this.nowMs);
  }

  get isPaused(): boolean {
    return this.endpoint.paused !== undefined;
  }

  goesWrong(what: string, rate: number): boolean {
    return !this.isCalm && this.choices.happens(what, rate);
  }

  tell(id = `event-${++this.#told}`, key = `lead-${this.choices.pick('whose', LEADS)}`): void {
    const type = this.choices.happens('not wanted', 0.2) ? OTHER : WANTED;
    if (this.choices.happens('refused for ever', 0.05)) this.#poison.add(id);
    this.#store({ id, key, type });
  }

  isPoison(id: string): boolean {
    return !this.isCalm && this.#poison.has(id);
  }

  #store({ id, key, type }: Pick<ToldEvent, 'id' | 'key' | 'type'>): void {
    const last = this.events.at(-1)?.seq ?? 0;
    this.events.push({ seq: last + 1 + (last % 2), key, id, type, at: this.at, json: JSON.stringify({ id }) });
  }

  /** An older PUBLIC comes back; what it lacks is told again under its ids, behind what is new or before it. */
  restore(): void {
    const kept = this.choices.pick('restored to', this.events.length + 1);
    const lost = this.events.slice(kept);
    this.events = this.events.slice(0, kept);
    const isOvertaken = this.choices.happens('overtaken', 0.5);
    if (isOvertaken) this.tell();
    for (const event of lost) this.#store(event);
    if (!isOvertaken) this.tell();
  }

  pause(): void {
    this.endpoint = { ...this.endpoint, paused: { why: 'a visit', by: 'olga', at: this.at } };
  }

  resume(): void {
    const { paused: _, ...rest } = this.endpoint;
    this.endpoint = { ...rest, resumedAt: this.at };
  }

  /** The one before signs for an hour more, and no older one. */
  rotate(): void {
    const [newest, ...older] = this.endpoint.secrets;
    for (const { sealed } of older) this.secrets.set(sealer.open(sealed, NAME) ?? '', this.nowMs);
    const untilMs = this.nowMs + 3_600_000;
    const until = Temporal.Instant.fromEpochMilliseconds(untilMs).toString();
    if (!newest) return;
    this.secrets.set(sealer.open(newest.sealed, NAME) ?? '', untilMs);
    this.endpoint = { ...this.endpoint, secrets: [this.#secret(), { ...newest, until }] };
  }

  #secret(): Endpoint['secrets'][number] {
    const secret = `whsec_${Buffer.from(`secret ${this.secrets.size}`).toString('base64')}`;
    this.secrets.set(secret, Infinity);
    return { sealed: sealer.seal(secret, NAME), at: this.at };
  }

  redeliver(): void {
    for (const [seq, letter] of this.dead) this.dead.set(seq, { ...letter, again: this.at });
  }

  bury(letter: DeadLetter): void {
    this.buried.add(letter.id);
    this.dead.set(letter.seq, letter);
  }

  /** The events that the endpoint wants, in the order in which each lead's must come. */
  get wanted(): ToldEvent[] {
    return this.events.filter(({ type }) => type === WANTED);
  }

  /** Judges a post as it arrives. */
  arrive(id: string, body: string, secrets: readonly string[]): void {
    const isRedelivered = [...this.dead.values()].some((letter) => letter.id === id && letter.again !== undefined);
    const event = this.events.find((one) => one.id === id);
    if (!event || event.json !== body) this.faults.push(`${id} has another event’s body`);
    if (this.isPaused) this.faults.push(`${id} is posted to a paused endpoint`);
    const valid = [...this.secrets].filter(([, untilMs]) => untilMs > this.nowMs).map(([secret]) => secret);
    if (secrets.toSorted().join() !== valid.toSorted().join()) this.faults.push(`${id} is not signed by what is valid`);
    const before = this.wanted.find(
      ({ key, seq, id: other }) =>
        event && key === event.key && seq < event.seq && !this.taken.has(other) && !this.buried.has(other),
    );
    if (before && !isRedelivered) this.faults.push(`${id} is posted before ${before.id} of its lead`);
  }

  write(state: EndpointState): void {
    this.state = JSON.stringify(state);
  }
}

/** A call to NATS, which may be lost on its way there or back. */
export async function remote<T>(world: World, answer: () => T): Promise<T> {
  await Promise.resolve();
  if (world.goesWrong('request lost', 0.01)) throw new Unavailable('no answer');
  const value = answer();
  if (world.goesWrong('reply lost', 0.01)) throw new Unavailable('no answer');
  return value;
}
