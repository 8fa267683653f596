import type { PublicReader, ToldEvent } from '@leadstream/eventlog/public-reader';
import {
  newState,
  type DeadLetter,
  type Endpoint,
  type Endpoints,
  type EndpointState,
  type Held,
} from '@leadstream/service/webhooks/endpoints';
import type { Attempt, Poster } from '@leadstream/service/webhooks/post';
import type { Sealer } from '@leadstream/service/webhooks/secrets';
import type { Metrics } from '@leadstream/service/metrics';
import type { Log } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import { PROBE_MS, waitMs } from './schedule.ts';

/** Leads whose events are posted at the same time. */
const AT_ONCE = 8;
/** Messages that are read in one step, and leads that are held before no new message is read. */
const NEWS_MAX = 64;
const HELD_MAX = 1_000;
/** So many leads in a row whose event was refused make an endpoint a failing one. */
const FAILING_AFTER = 5;

export interface Parts {
  endpoints: Endpoints;
  reader: PublicReader;
  poster: Pick<Poster, 'post'>;
  sealer: Sealer;
  metrics: Metrics;
  log: Log;
  now: () => Temporal.Instant;
  /** Whether this process still has the right to deliver. */
  isHolder: () => boolean;
  /** Ends the step after the calls in hand. */
  stopping: AbortSignal;
  random?: () => number;
}

/** The events of one lead, from `from` to the cursor. */
interface Lane {
  key: string;
  from: number;
  /** It tries an endpoint that was failing before. */
  isProbe: boolean;
}

/** The work of one step, and the place behind it. */
interface Work {
  lanes: Lane[];
  cursor: number;
  lastId?: string;
}

const isFailing = ({ failures }: EndpointState): boolean => failures >= FAILING_AFTER;

/**
 * Delivers PUBLIC to one endpoint. A lead's events are posted one after the other; a failed one holds back the later
 * ones of its lead, which are read from PUBLIC again when their time comes, so that only the place of each held lead is
 * kept. The place is stored after each step: a process that dies before posts the events of that step again, under the
 * same ids.
 */
export class Delivery {
  readonly #parts: Parts;
  readonly #random: () => number;
  readonly #again = new Map<string, DeadLetter>();
  #endpoint: Endpoint;
  #state: EndpointState | undefined;
  /** Whether it was said what PUBLIC has lost behind the place. */
  #hasLooked = false;
  #triedMs = -Infinity;
  /** The end of a wait that the endpoint asked for. */
  #quietUntilMs = -Infinity;

  constructor(endpoint: Endpoint, parts: Parts) {
    this.#endpoint = endpoint;
    this.#parts = parts;
    this.#random = parts.random ?? Math.random;
    // A rate misses the first increment of a series that begins with it.
    parts.metrics.webhookDeadLetters.inc({ endpoint: endpoint.name }, 0);
  }

  update(endpoint: Endpoint): void {
    if (endpoint.generation !== this.#endpoint.generation) this.forget();
    this.#endpoint = endpoint;
  }

  /** Reads the place anew at the next step: another process may have moved it. */
  forget(): void {
    this.#state = undefined;
    this.#hasLooked = false;
  }

  /** Tries a dead letter at the next step, if an operator has asked for it. */
  retry(key: string, letter: DeadLetter | undefined): void {
    if (letter?.again !== undefined && letter.generation === this.#endpoint.generation) this.#again.set(key, letter);
    else this.#again.delete(key);
  }

  /** Posts what is due; false when nothing was. Throws Unavailable, after which the place is read anew. */
  async step(): Promise<boolean> {
    try {
      return await this.#step();
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  async #step(): Promise<boolean> {
    const state = (this.#state ??= await this.#load());
    if (!this.#endpoint.paused && this.#endpoint.resumedAt !== state.resumedAt) this.#resume(state);
    await this.#show(state);
    if (this.#endpoint.paused || this.#isQuiet) return false;
    if (!this.#hasLooked) await this.#look(state);
    const hasRetried = await this.#retryDead(state);
    const { lanes, cursor, lastId } = await this.#work(state);
    if (lanes.length === 0 && cursor === state.cursor) return hasRetried;
    state.cursor = cursor;
    if (lastId !== undefined) state.lastId = lastId;
    const rest = lanes.values();
    const worker = async () => {
      for (const lane of rest) await this.#run(state, lane);
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
    // Only now: a lane that still posts would run beside those of the next step.
    for (const one of ended) if (one.status === 'rejected') throw one.reason as Error;
    if (!this.#parts.isHolder()) throw new Unavailable('another process delivers now');
    await this.#parts.endpoints.write(this.#endpoint.name, state);
    return true;
  }

  /** The stored place; the beginning of a stream that is not the one it was stored for. */
  async #load(): Promise<EndpointState> {
    const { endpoints, reader, log } = this.#parts;
    const state = (await endpoints.state(this.#endpoint)) ?? newState(this.#endpoint);
    const { cursor, lastId } = state;
    const there = cursor > 0 ? await reader.at(cursor) : undefined;
    const isOther = cursor > (await reader.lastSeq()) || (there && lastId !== undefined && there.id !== lastId);
    if (!isOther) return state;
    const { name, addedAt } = this.#endpoint;
    log.warn({ endpoint: name, cursor, addedAt }, 'PUBLIC was replaced: what it holds since is delivered again');
    const { lastId: _, ...rest } = state;
    return { ...rest, cursor: 0, held: {}, isReplaced: true };
  }

  /** Says what PUBLIC has dropped by its age before this endpoint took it: after a long pause, or a long stop. */
  async #look({ cursor, held }: EndpointState): Promise<void> {
    const { reader, log } = this.#parts;
    const first = await reader.firstSeq();
    const messages = Math.max(0, first - cursor - 1);
    const leads = Object.values(held).filter(({ seq }) => seq < first).length;
    if (cursor > 0 && (messages > 0 || leads > 0))
      log.error(
        { endpoint: this.#endpoint.name, messages, leads },
        'PUBLIC no longer has what waited for the endpoint',
      );
    this.#hasLooked = true;
  }

  #resume(state: EndpointState): void {
    const nowMs = this.#nowMs;
    const { resumedAt } = this.#endpoint;
    if (resumedAt !== undefined) state.resumedAt = resumedAt;
    succeeded(state);
    this.#hasLooked = false;
    this.#quietUntilMs = -Infinity;
    for (const held of Object.values(state.held)) Object.assign(held, { attempts: 0, dueMs: nowMs, firstMs: nowMs });
  }

  async #work(state: EndpointState): Promise<Work> {
    const isProbe = isFailing(state);
    const nowMs = this.#nowMs;
    const held = Object.entries(state.held).toSorted(([, one], [, other]) => one.seq - other.seq);
    const due = held.filter(([, { dueMs, attempts }]) => dueMs <= nowMs && (!isProbe || attempts > 0));
    const lanes = due.slice(0, NEWS_MAX).map(([key, { seq: from }]) => ({ key, from, isProbe }));
    if (!isProbe) return this.#withNews(state, lanes, NEWS_MAX, false);
    if (nowMs - this.#triedMs < PROBE_MS) return { lanes, cursor: state.cursor };
    const untried = held.find(([, { attempts }]) => attempts === 0);
    const probe = ([key, { seq: from }]: [string, Held]): Lane => ({ key, from, isProbe });
    if (untried) return { lanes: [...lanes, probe(untried)], cursor: state.cursor };
    const work = await this.#withNews(state, lanes, 1, true);
    const soonest = held.toSorted(([, one], [, other]) => one.dueMs - other.dueMs)[0];
    return work.lanes.length > 0 || !soonest ? work : { ...work, lanes: [probe(soonest)] };
  }

  /** Adds the leads of up to `max` new events, unless an earlier event holds them back. */
  async #withNews(state: EndpointState, lanes: Lane[], max: number, isProbe: boolean): Promise<Work> {
    const work: Work = { lanes: [...lanes], cursor: state.cursor };
    if (Object.keys(state.held).length >= HELD_MAX) return work;
    const found = new Set(Object.keys(state.held));
    for (let read = 0; read < NEWS_MAX && work.lanes.length - lanes.length < max; read++) {
      const event = await this.#parts.reader.next(work.cursor + 1);
      if (!event) break;
      Object.assign(work, { cursor: event.seq, lastId: event.id });
      if (!this.#wants(event, state) || found.has(event.key)) continue;
      found.add(event.key);
      work.lanes.push({ key: event.key, from: event.seq, isProbe });
    }
    return work;
  }

  /** Posts a lead's events up to the cursor; the first one that fails holds back the rest. */
  async #run(state: EndpointState, { key, from, isProbe }: Lane): Promise<void> {
    for (let seq = from; ;) {
      const event = await this.#nextOf(key, seq, state);
      if (!event || event.seq > state.cursor) {
        delete state.held[key];
        return;
      }
      if (this.#stops || (isFailing(state) && !isProbe)) {
        const nowMs = this.#nowMs;
        state.held[key] ??= { seq: event.seq, attempts: 0, dueMs: nowMs, firstMs: nowMs };
        return;
      }
      if (!(await this.#deliver(state, event))) return;
      seq = event.seq + 1;
    }
  }

  /** Posts one event; false when it holds back its lead from now on. */
  async #deliver(state: EndpointState, event: ToldEvent): Promise<boolean> {
    this.#triedMs = this.#nowMs;
    const result = await this.#post(event);
    const { key, seq } = event;
    const nowMs = this.#nowMs;
    const was = state.held[key]?.seq === seq ? state.held[key] : { seq, attempts: 0, dueMs: nowMs, firstMs: nowMs };
    if (result.kind === 'delivered') {
      // Back after an outage: what waits for it does not wait on.
      if (isFailing(state)) for (const held of Object.values(state.held)) held.dueMs = nowMs;
      succeeded(state);
      state.deliveredAt = this.#parts.now().toString();
      delete state.held[key];
      return true;
    }
    // A probe before its time is no attempt of the event's schedule.
    const isEarly = was.attempts > 0 && was.dueMs > this.#triedMs;
    const attempts = was.attempts + (isEarly ? 0 : 1);
    if (was.attempts === 0) state.failures++;
    state.failingSince ??= this.#parts.now().toString();
    state.problem = `${result.why}: ${result.detail}`;
    this.#quietUntilMs = Math.max(this.#quietUntilMs, nowMs + (result.retryAfterMs ?? 0));
    const wait = isEarly ? was.dueMs - nowMs : waitMs(attempts, result.retryAfterMs, this.#random);
    this.#tell(event, result, attempts, wait);
    if (result.why === 'gone') await this.#pause('it answered 410: it is gone');
    if (wait === undefined) return this.#giveUp(state, event, { ...was, attempts }, state.problem);
    state.held[key] = { ...was, attempts, dueMs: nowMs + wait };
    return false;
  }

  /** The event becomes a dead letter. An endpoint without a success since its first attempt is paused. */
  async #giveUp(state: EndpointState, event: ToldEvent, { attempts, firstMs }: Held, why: string): Promise<true> {
    const { name: endpoint, generation } = this.#endpoint;
    const { seq, id, type } = event;
    const at = this.#parts.now().toString();
    await this.#parts.endpoints.bury({ endpoint, generation, seq, id, type, attempts, at, why });
    this.#parts.metrics.webhookDeadLetters.inc({ endpoint });
    if (!state.deliveredAt || Date.parse(state.deliveredAt) < firstMs)
      await this.#pause(`no success for three days; ${why}`);
    delete state.held[event.key];
    return true;
  }

  async #retryDead(state: EndpointState): Promise<boolean> {
    const { endpoints, reader, log, now } = this.#parts;
    const asked = [...this.#again];
    for (const [key, letter] of asked) {
      if (this.#stops) break;
      this.#again.delete(key);
      const { again: _, ...rest } = letter;
      const event = await reader.at(letter.seq);
      const result = event?.id === letter.id ? await this.#post(event) : undefined;
      if (!event || !result) log.warn({ endpoint: letter.endpoint, id: letter.id }, 'dead letter is no longer kept');
      if (!result || result.kind === 'delivered') {
        await endpoints.unbury(letter);
        if (result) state.deliveredAt = now().toString();
        continue;
      }
      const attempts = letter.attempts + 1;
      if (event) this.#tell(event, result, attempts, undefined);
      await endpoints.bury({ ...rest, attempts, at: now().toString(), why: `${result.why}: ${result.detail}` });
    }
    return asked.length > 0;
  }

  async #post({ id, json: body }: ToldEvent): Promise<Attempt> {
    const { poster, sealer, metrics } = this.#parts;
    const { name: endpoint, url, secrets } = this.#endpoint;
    const valid = secrets.filter(({ until }) => until === undefined || Date.parse(until) > this.#nowMs);
    const opened = valid.flatMap(({ sealed }) => sealer.open(sealed, endpoint) ?? []);
    const result = await poster.post({ url, secrets: opened, id, body });
    metrics.webhookAttempts.inc({ endpoint, outcome: result.kind === 'delivered' ? 'delivered' : result.why });
    return result;
  }

  #tell(event: ToldEvent, result: Extract<Attempt, { kind: 'failed' }>, attempts: number, wait: number | undefined) {
    const { name: endpoint } = this.#endpoint;
    const { why, detail, ms } = result;
    const next =
      wait === undefined
        ? 'dead letter'
        : this.#parts
            .now()
            .add({ milliseconds: Math.round(wait) })
            .toString();
    const { id, type } = event;
    this.#parts.log.warn({ endpoint, id, type, attempts, why, detail, ms, next }, 'webhook not delivered');
  }

  async #pause(why: string): Promise<void> {
    const { endpoints, log, now } = this.#parts;
    const paused = { why: why.slice(0, 300), by: 'webhooks', at: now().toString() };
    await endpoints.change(this.#endpoint.name, (endpoint) => (endpoint.paused ? undefined : { ...endpoint, paused }));
    // The next step must not wait for the watch to tell it.
    this.#endpoint = { ...this.#endpoint, paused };
    log.error({ endpoint: this.#endpoint.name, why }, 'webhook endpoint paused');
  }

  async #show(state: EndpointState): Promise<void> {
    const { metrics, reader } = this.#parts;
    const { name: endpoint, paused } = this.#endpoint;
    metrics.webhookPaused.set({ endpoint }, paused ? 1 : 0);
    const since = Object.values(state.held).map(({ firstMs }) => firstMs);
    const unread = paused || isFailing(state) ? await reader.next(state.cursor + 1) : undefined;
    if (unread) since.push(Date.parse(unread.at));
    const oldest = since.length > 0 ? this.#nowMs - Math.min(...since) : 0;
    metrics.webhookWaiting.set({ endpoint }, Math.max(0, oldest / 1_000));
  }

  /** The lead's next event that the endpoint wants. */
  async #nextOf(key: string, from: number, state: EndpointState): Promise<ToldEvent | undefined> {
    for (let seq = from; ;) {
      const event = await this.#parts.reader.nextOf(key, seq);
      if (!event || this.#wants(event, state)) return event;
      seq = event.seq + 1;
    }
  }

  /** `after` names a place in the PUBLIC of then; behind a replacement the time of the event decides. */
  #wants({ type, at }: ToldEvent, { isReplaced }: EndpointState): boolean {
    const { types, addedAt } = this.#endpoint;
    return types.includes(type) && (!isReplaced || !(Date.parse(at) < Date.parse(addedAt)));
  }

  get #nowMs(): number {
    return this.#parts.now().epochMilliseconds;
  }

  get #isQuiet(): boolean {
    return this.#nowMs < this.#quietUntilMs;
  }

  get #stops(): boolean {
    const { stopping, isHolder } = this.#parts;
    return stopping.aborted || !isHolder() || this.#isQuiet || this.#endpoint.paused !== undefined;
  }
}

function succeeded(state: EndpointState): void {
  state.failures = 0;
  delete state.failingSince;
  delete state.problem;
}
