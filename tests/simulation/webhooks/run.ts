import { Unavailable } from '@leadstream/eventlog/errors';
import type { PublicReader } from '@leadstream/eventlog/public-reader';
import type { Endpoint, EndpointState, Endpoints } from '@leadstream/service/webhooks/endpoints';
import type { Metrics } from '@leadstream/service/metrics';
import type { Attempt } from '@leadstream/service/webhooks/post';
import { Delivery, type Parts } from '@leadstream/webhooks/delivery';
import type { Choices } from '../choices.ts';
import { remote, sealer, World, type Mood } from './world.ts';

const TICKS = 40;
const STEPS_MAX = 40;
const HOUR_MS = 3_600_000;
/** Longer than the last wait of the schedule, twice. */
const [CALM_TICKS, CALM_MS] = [16, 4 * HOUR_MS];

const nothing = () => undefined;
const metrics = new Proxy({}, { get: () => ({ inc: nothing, set: nothing }) }) as unknown as Metrics;
const log = { info: nothing, warn: nothing, error: nothing } as unknown as Parts['log'];

const HAPPENINGS = {
  'events are told': 8,
  'time passes': 8,
  'days pass': 1,
  'the endpoint changes': 4,
  'another process takes over': 2,
  'the process dies': 2,
  'an operator pauses it': 1,
  'an operator resumes it': 2,
  'an operator has dead letters tried again': 2,
  'the secret is rotated': 1,
  'PUBLIC is restored': 1,
} as const;
type Happening = keyof typeof HAPPENINGS;
const NAMES = Object.keys(HAPPENINGS) as Happening[];
const MOODS: readonly [Mood, ...Mood[]] = ['up', 'up', 'up', 'down', 'down', 'slow', 'gone', 'moved', 'busy'];
/** Enough for all attempts of an event, each of which is due within a day and its jitter. */
const [DAYS, DAY_MS] = [10, 27 * HOUR_MS];
const PASSES = [1_000, 6_000, 400_000, HOUR_MS, 5 * HOUR_MS, 25 * HOUR_MS] as const;

const failed = (why: Extract<Attempt, { kind: 'failed' }>['why'], retryAfterMs?: number): Attempt => ({
  kind: 'failed',
  why,
  detail: why,
  ms: 1,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const ANSWERS: Readonly<Record<Mood, Attempt>> = {
  up: { kind: 'delivered', status: 200, ms: 1 },
  down: failed('status'),
  slow: failed('timeout'),
  gone: failed('gone'),
  moved: failed('redirect'),
  busy: failed('status', 120_000),
};

/** A process that delivers, until it dies: then its calls get no answer. */
class Replica {
  isDead = false;
  isHolder = false;
  /** PUBLIC was replaced: the connection to it broke. */
  isCut = false;
  readonly delivery: Delivery;
  readonly #world: World;
  #died: () => void = nothing;
  readonly #death = new Promise<void>((resolve) => (this.#died = resolve));

  constructor(world: World) {
    this.#world = world;
    this.delivery = new Delivery(world.endpoint, {
      ...{ endpoints: this.#endpoints(), reader: this.#reader(), poster: { post: (it) => this.#post(it) } },
      ...{ sealer, metrics, log, now: () => world.now(), isHolder: () => this.isHolder },
      stopping: new AbortController().signal,
      random: () => world.choices.unit('jitter'),
    });
  }

  die(): void {
    this.isDead = true;
    this.#died();
  }

  /** Steps until nothing is due, as the dispatcher does. */
  async work(): Promise<void> {
    for (let step = 0; step < STEPS_MAX && this.isHolder && !this.isDead; step++) {
      this.delivery.update(this.#world.endpoint);
      for (const [seq, letter] of this.#world.dead) this.delivery.retry(String(seq), letter);
      const isBusy = await Promise.race([this.delivery.step().catch(() => true), this.#death]);
      if (!isBusy) return;
    }
  }

  #call<T>(answer: () => T): Promise<T> {
    return this.isDead ? new Promise<T>(nothing) : remote(this.#world, answer);
  }

  #read<T>(answer: () => T): Promise<T> {
    return this.#call(() => {
      if (!this.isCut) return answer();
      this.isCut = false;
      throw new Unavailable('the connection is lost');
    });
  }

  #endpoints(): Endpoints {
    const world = this.#world;
    return {
      state: () => this.#call(() => (world.state ? (JSON.parse(world.state) as EndpointState) : undefined)),
      write: (_: string, state: EndpointState) => {
        // The worst moment: all is posted, and the place is not stored.
        if (world.goesWrong('dies before the place', 0.05)) this.die();
        return this.#call(() => world.write(state));
      },
      bury: (letter: Parameters<Endpoints['bury']>[0]) => this.#call(() => world.bury(letter)),
      unbury: ({ seq }: Parameters<Endpoints['unbury']>[0]) => this.#call(() => void world.dead.delete(seq)),
      change: (_: string, decide: (now: Endpoint) => Endpoint | undefined) =>
        this.#call(() => void (world.endpoint = decide(world.endpoint) ?? world.endpoint)),
    } as unknown as Endpoints;
  }

  #reader(): PublicReader {
    const world = this.#world;
    const found = (isIt: (event: World['events'][number]) => boolean) => this.#read(() => world.events.find(isIt));
    return {
      lastSeq: () => this.#read(() => world.events.at(-1)?.seq ?? 0),
      firstSeq: () => this.#read(() => 1),
      next: (seq: number) => found((event) => event.seq >= seq),
      nextOf: (key: string, seq: number) => found((event) => event.seq >= seq && event.key === key),
      at: (seq: number) => found((event) => event.seq === seq),
    } as unknown as PublicReader;
  }

  async #post({ id, body, secrets }: Parameters<Parts['poster']['post']>[0]): Promise<Attempt> {
    const world = this.#world;
    if (this.isDead) return new Promise<Attempt>(nothing);
    world.arrive(id, body, secrets);
    const isRefused = world.isPoison(id) || world.goesWrong('refused alone', 0.05);
    const mood = isRefused && world.mood === 'up' ? 'down' : world.mood;
    const answer = ANSWERS[mood];
    world.posted.push({ id, isTaken: mood === 'up' });
    if (mood === 'up') world.taken.add(id);
    if (world.goesWrong('dies at its call', 0.02)) this.die();
    if (world.goesWrong('loses its lease', 0.02)) this.isHolder = false;
    await Promise.resolve();
    return this.isDead ? new Promise<Attempt>(nothing) : answer;
  }
}

/** Delivers a random PUBLIC to one endpoint through random faults, and then in calm; returns what broke the promise. */
export async function simulateWebhooks(choices: Choices): Promise<string[]> {
  const world = new World(choices);
  let replicas = [new Replica(world), new Replica(world)];
  const holder = (): Replica => {
    replicas = replicas.map((one) => (one.isDead ? new Replica(world) : one));
    const held = replicas.find(({ isHolder }) => isHolder) ?? replicas[choices.pick('holder', 2)];
    if (!held) throw new Error('no process is left');
    // A new term: what an earlier one has read is out of date.
    if (!held.isHolder) held.delivery.forget();
    held.isHolder = true;
    return held;
  };
  for (let tick = 0; tick < TICKS; tick++) {
    const what = NAMES[choices.pick('happens', Object.values(HAPPENINGS))] ?? 'time passes';
    happen(world, what, replicas);
    await holder().work();
    for (let day = 0; what === 'days pass' && day < DAYS; day++) {
      world.nowMs += DAY_MS;
      await holder().work();
    }
  }
  Object.assign(world, { isCalm: true, mood: 'up' });
  for (let tick = 0; tick < CALM_TICKS; tick++) {
    if (world.isPaused) world.resume();
    if (tick > CALM_TICKS / 2) world.redeliver();
    world.nowMs += CALM_MS;
    await holder().work();
  }
  const lost = world.wanted.filter(({ id }) => !world.taken.has(id)).map(({ id }) => `${id} never came`);
  const left = [...world.dead.values()].map(({ id }) => `${id} is a dead letter for ever`);
  return [...world.faults, ...lost, ...left];
}

function happen(world: World, what: Happening, replicas: readonly Replica[]): void {
  const { choices } = world;
  switch (what) {
    case 'events are told':
      for (let times = choices.pick('how many', 6); times >= 0; times--) world.tell();
      return;
    case 'days pass':
    case 'time passes':
      world.nowMs += choices.one('passes', PASSES);
      return;
    case 'the endpoint changes':
      world.mood = choices.one('mood', MOODS);
      return;
    case 'another process takes over':
      for (const one of replicas) one.isHolder = false;
      return;
    case 'the process dies':
      return replicas.find(({ isHolder }) => isHolder)?.die();
    case 'an operator pauses it':
      return world.pause();
    case 'an operator resumes it':
      return world.isPaused ? world.resume() : undefined;
    case 'an operator has dead letters tried again':
      return world.redeliver();
    case 'the secret is rotated':
      return world.rotate();
    case 'PUBLIC is restored':
      for (const one of replicas) one.isCut = true;
      return world.restore();
  }
}
