import type { PlannedStep, Recorded } from '@leadstream/contracts/events';
import { decideCommand } from '@leadstream/lead/command';
import { idleAt, nextActionAt, RE_ENGAGEMENT } from '@leadstream/lead/state';
import type { Submission } from '@leadstream/lead/triage';
import type { Planning } from '../plan.ts';
import type { TagRule } from '../tag-rules.ts';
import { TRIGGERS } from '../triggers.ts';
import type { Actor } from './agenda.ts';
import { CalmLog } from './calm.ts';
import type { Mail } from './mail.ts';
import { Mailer } from './mailer.ts';
import { enrich, feedback, hunt, plan, send, triage, type Asking, type Desk, type Lead } from './shell.ts';
import { begin, type Wait, type Work } from './work.ts';
import type { Act, Sending, World } from './world.ts';

/** A run takes some 10 events; two deciders that answer each other would never end. */
const EVENTS_MAX = 5_000;
/** Triage's own wait for an open claim. */
const CLAIM_OPEN_MS = 2_000;
const NEVER_MS = Infinity;
const triggers: ReadonlySet<string> = new Set(TRIGGERS);
const at = (ms: number): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(ms);

/** One lead, decided by the services' deciders. Processes take no time. */
export class SimulatedLead implements Desk {
  readonly log: CalmLog;
  readonly planning: Planning;
  readonly provider: Sending;
  readonly reenrolAfterMs: number;
  readonly tagRules: readonly TagRule[];
  readonly enrichers: readonly Asking[];
  readonly #leadId: string;
  readonly #world: World;
  #lastMail: Mail | undefined;
  #fresh: Recorded[] = [];
  #inputs = 0;
  /** The tasks to come before the end of the simulation. */
  #pending = 0;
  /** The hunter's next visit, and the version at its last: without a new event it would decide the same again. */
  #visitMs = NEVER_MS;
  #visited = -1;
  /** The hunter repeats `step-due` while the mail waits: the sender finds it again after the wait. */
  #repeated: Recorded | undefined;

  /** `from`: the lead as an earlier log left it; `begin` then continues it. */
  constructor(leadId: string, world: World, from?: Lead) {
    const { setting, agenda } = world;
    this.#leadId = leadId;
    this.#world = world;
    this.reenrolAfterMs = setting.reenrolAfterMs;
    this.tagRules = setting.tagRules ?? [];
    this.enrichers = (setting.enrichers ?? []).map(({ name, find }) => ({
      name,
      find: (state) => (resolve) => resolve(find(state)),
    }));
    const recorded = (event: Recorded): void => {
      this.#fresh.push(event);
      world.recorded(event, this.log.newest.state);
    };
    this.log = new CalmLog(leadId, agenda, recorded, from);
    const { log } = this;
    const [mailed, turned] = [(mail: Mail) => this.#mailed(mail), () => this.#turned()];
    this.provider = world.sending ?? new Mailer({ leadId, world, log, mailed, turned });
    this.planning = {
      ...setting.planning,
      ...(setting.draw ? { draw: setting.draw } : {}),
      get now() {
        return at(agenda.atMs);
      },
    };
  }

  /** Whether nothing more happens to the lead in the simulated time. */
  get isOver(): boolean {
    return this.#pending === 0 && !this.provider.inLine;
  }

  now(): Temporal.Instant {
    return at(this.nowMs());
  }
  nowMs(): number {
    return this.#world.agenda.atMs;
  }
  elapsedMs(): number {
    return this.nowMs() + (this.#world.delays?.stallMs() ?? 0);
  }
  get leavesDueSteps(): boolean {
    return this.#world.delays !== undefined;
  }
  draw(): number {
    return this.#world.setting.draw?.() ?? 0.5;
  }

  pause(ms: number): Wait<void> {
    const { setting, delays } = this.#world;
    const { tickMs = 1 } = setting;
    const lastsMs = Math.floor((delays?.retryMs(ms) ?? ms) / tickMs) * tickMs;
    return (resolve) => this.#later(this.nowMs() + lastsMs, 'service', resolve);
  }

  /** A wait of the world's: no delay of the services changes it. */
  pauseExactly(ms: number, then: () => void): void {
    this.#later(this.nowMs() + ms, 'service', then);
  }

  unrenderable(lead: Lead, step: PlannedStep): string | undefined {
    return this.provider.write(lead, step);
  }

  /** Continues the lead that an earlier log left, from that time on. */
  begin(atMs: number): void {
    this.#later(atMs, 'service', () => undefined);
  }

  /** `input`: its number, which the ids of its events have; by default the next one. */
  submit(submission: Submission, atMs: number, input = ++this.#inputs): void {
    this.#later(atMs, 'person', () => this.#begin(this.#triaged(submission, input)));
  }

  /** An act at a time, whatever the lead was sent; it is told the lead's latest mail, and its state. */
  act(act: (last: Mail | undefined, lead: Lead) => Act, atMs: number, input = ++this.#inputs): void {
    this.#later(atMs, 'person', () => this.#begin(this.#acted(act(this.#lastMail, this.log.newest), input)));
  }

  #mailed(mail: Mail): void {
    const { setting } = this.#world;
    if (mail.audience === 'lead') this.#lastMail = mail;
    this.#world.mailed(mail, this.#leadId);
    for (const { afterMs, act } of setting.react?.(mail, this.#leadId) ?? [])
      this.#later(this.nowMs() + afterMs, 'person', () => this.#begin(this.#acted(act, ++this.#inputs)));
  }

  #turned(): void {
    const again = this.#repeated;
    this.#repeated = undefined;
    if (again) this.#later(this.nowMs(), 'service', () => this.#begin(send(this, again)));
    this.#settle();
  }

  *#triaged(submission: Submission, input: number): Work<void> {
    const outcome = yield* triage(this, input, submission);
    if ('nothing' in outcome && outcome.nothing === 'claim-open')
      return this.submit(submission, this.nowMs() + CLAIM_OPEN_MS, input);
    this.#world.decided?.(input, 'event' in outcome);
  }

  *#acted(act: Act, input: number): Work<void> {
    const { version } = this.log.newest;
    if ('event' in act) yield* this.log.append(this.log.newest, act.event, `event/${input}`);
    else if ('command' in act) yield* this.log.decide(`command/${input}`, (state) => decideCommand(state, act.command));
    else if ('feedback' in act) yield* feedback(this, input, act.feedback);
    else if ('fact' in act)
      yield* feedback(this, input, {
        ...act.fact,
        key: `simulated/${input}`,
        provider: 'leadstream',
        at: this.now().toString(),
      });
    this.#world.decided?.(input, this.log.newest.version > version);
  }

  #later(atMs: number, by: Actor, run: () => void): void {
    if (atMs > this.#world.untilMs) return;
    this.#pending++;
    this.#world.agenda.add(atMs, by, () => {
      this.#pending--;
      run();
      this.#settle();
    });
  }

  /** Hands the new events to the services that wait for them, and the lead to the hunter. */
  #settle(): void {
    const { delays } = this.#world;
    for (const event of this.#fresh.splice(0)) {
      if (triggers.has(event.type)) {
        const delayMs = delays?.planMs(this.log.asOf(event).state) ?? 0;
        this.#later(this.nowMs() + delayMs, 'service', () => this.#begin(plan(this, event)));
      }
      if (event.type === 'lead.triaged' || event.type === 'lead.resubmitted') this.#enrichAt(this.nowMs(), event, 1);
      if (event.type !== 'lead.step-due') continue;
      if (this.provider.inLine) this.#repeated = event;
      else {
        const delayMs = delays?.sendMs(this.log.asOf(event).state) ?? 0;
        this.#later(this.nowMs() + delayMs, 'service', () => this.#begin(send(this, event)));
      }
    }
    const { version } = this.log.newest;
    if (version > EVENTS_MAX) throw new Error(`more than ${EVENTS_MAX} events of one lead, and no end`);
    const visitMs = this.#nextVisitMs();
    if (visitMs !== this.#visitMs) this.#visitAt(visitMs);
    this.#world.settled?.(this.#leadId);
  }

  #enrichAt(atMs: number, event: Recorded, deliveries: number): void {
    if (this.enrichers.length > 0) this.#later(atMs, 'service', () => this.#begin(this.#enriched(event, deliveries)));
  }

  *#enriched(event: Recorded, deliveries: number): Work<void> {
    const waitMs = yield* enrich(this, event, deliveries);
    if (waitMs !== undefined) this.#enrichAt(this.nowMs() + waitMs, event, deliveries + 1);
  }

  #visitAt(visitMs: number): void {
    this.#visitMs = visitMs;
    this.#later(visitMs, 'hunter', () => {
      // Another visit has replaced this one.
      if (this.#visitMs !== visitMs) return;
      this.#visitMs = NEVER_MS;
      this.#visited = this.log.newest.version;
      this.#begin(hunt(this, this.log.newest));
    });
  }

  /** In whole ticks: a plan has nanoseconds, and an earlier visit finds nothing due. */
  #nextVisitMs(): number {
    if (this.#visited === this.log.newest.version) return NEVER_MS;
    const { tickMs = 1 } = this.#world.setting;
    const { state } = this.log.newest;
    const lapses = this.planning.isActive?.(RE_ENGAGEMENT.sequence) ? idleAt(state) : null;
    const times = [nextActionAt(state), lapses].flatMap((time) => (time === null ? [] : [upToMs(time)]));
    const dueMs = Math.min(NEVER_MS, ...times);
    const visitMs = dueMs === NEVER_MS ? NEVER_MS : (this.#world.delays?.visitMs(state, dueMs) ?? dueMs);
    const nextMs = Math.max(this.nowMs(), visitMs);
    return Math.ceil(nextMs / tickMs) * tickMs;
  }

  #begin(work: Work<unknown>): void {
    begin(
      work,
      () => undefined,
      (error) => {
        throw error;
      },
    );
  }
}

function upToMs(instant: string): number {
  const exact = Temporal.Instant.from(instant);
  const ms = exact.epochMilliseconds;
  return Temporal.Instant.compare(at(ms), exact) < 0 ? ms + 1 : ms;
}
