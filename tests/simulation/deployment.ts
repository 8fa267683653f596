import { CE } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import type { StreamName } from '@leadstream/contracts/streams';
import { exitOf, nakDelayMs } from '@leadstream/eventlog/exits';
import { Retry } from '@leadstream/eventlog/errors';
import { newerDelayMs } from '@leadstream/eventlog/newer';
import { leadId } from '@leadstream/lead/identity';
import { patternFor, Streams, type Stored } from './broker.ts';
import { Hunting } from './hunting.ts';
import { People } from './people.ts';
import { Projecting } from './projecting.ts';
import { Esp } from './esp.ts';
import { configs, routes, SERVICES, type Service } from './configuration.ts';
import type { Handle, StartRuntime, Restores, Runtime } from './runtime.ts';
import { Process, type SimulatedRun } from './faults.ts';

/** The ack wait: a message whose handler died is delivered again after it. */
const ACK_WAIT_MS = 30_000;
/** The redelivery delay while both processes of a service are down. */
const ALL_DOWN_MS = 10_000;
const PROCESS_WEIGHTS = [2, 1];
const FAILURES_MAX = 20;
/** Services whose lost delivery of LEADS nothing makes good: no state of the lead brings it back. */
const NEVER_MISSED: ReadonlySet<Service['name']> = new Set(['lookup', 'outcomes']);
/** The time that an operator takes to look at a lead that a confirm has paused. */
const RESUMED_AFTER_MS = 3_600_000;
/** After `RETRIES` redeliveries the delay doubles, to keep a run within its step budget. */
const RETRIES = 10;
/** The quarantine of a text whose number the read model does not know, and the time until an operator redrives it. */
const NOBODYS = 'no lead has its number';
const GIVEN_BACK_MS = 6 * 3_600_000;
const RETRY_MS_MAX = 60_000;

/** All of Leadstream's services, two processes of each, with the broker, the ESP and the people. */
export class Deployment {
  readonly email: string;
  readonly streams: Streams;
  readonly runtime: Runtime;
  readonly esp: Esp;
  readonly people: People;
  readonly processes: Process[] = [];
  readonly events: Recorded[] = [];
  /** Violations of any service: a quarantined message, or a failure with an unknown reason. */
  readonly violations: string[] = [];
  /** Texts that say stop, and no lead has their number: an operator gives them back later, until the run is calm. */
  readonly unplaced: string[] = [];
  readonly #run: SimulatedRun;
  readonly #hunting: Hunting;
  readonly #projecting: Projecting;
  #isRestored = false;
  readonly #services: readonly Service[];
  readonly #handle = new Map<Process, Handle>();
  readonly #processesOf = new Map<Service, [Process, Process]>();

  constructor(run: SimulatedRun, email: string, startRuntime: StartRuntime) {
    this.#run = run;
    this.email = email;
    this.#services = SERVICES.filter(
      ({ name }) => (run.texts || name !== 'sms') && (!run.modelled || name !== 'outcomes'),
    );
    this.streams = new Streams(run, (stream, message) => this.#stored(stream, message));
    this.esp = new Esp(run, this.streams, (ms) => this.people.reroute(ms, this.events[0]?.leadId ?? '', this.email));
    this.runtime = startRuntime(run, this, {
      written: () => this.#hunting.lookUp(),
      lost: () => this.#projecting.lost(),
      opened: () => this.#hunting.wake(),
      paused: () => run.time.after(RESUMED_AFTER_MS, () => this.people.resume(), null),
    });
    this.#hunting = new Hunting(run, () => this.runtime.dueMs);
    this.#projecting = new Projecting(
      run,
      () => this.runtime.shownSeq,
      (message) => this.streams.isLost(message),
    );
    const operator = new Process(run, 'operator', 1, () => undefined);
    const listed = leadId(configs.triage.LEAD_ID_SECRET, email);
    this.people = new People(run, this.streams, this.esp, routes(run.texts), (request) =>
      this.runtime.command(operator, this.events[0]?.leadId ?? listed, request),
    );
    for (const service of this.#services)
      this.#processesOf.set(service, [this.#start(service, 1), this.#start(service, 2)]);
  }

  get rushed(): boolean {
    return this.#run.time.rushed;
  }

  #start(service: Service, number: number): Process {
    const open = () => {
      const { handle, hunt, project, compare } = this.runtime.startProcess(service, process);
      if (handle) this.#handle.set(process, handle);
      if (hunt) this.#hunting.register(process, hunt);
      if (project && compare) this.#projecting.register(process, project, compare);
    };
    const process = new Process(this.#run, service.name, number, open);
    this.processes.push(process);
    if (this.#run.goesWrong('older build')) process.replaceLater();
    open();
    return process;
  }

  #stored(stream: StreamName, message: Stored): void {
    if (stream === 'QUARANTINE')
      this.violations.push(`quarantined: ${Buffer.from(message.data).toString().slice(0, 200)}`);
    if (stream === 'LEADS') this.#record(message);
    if (stream === 'PUBLIC') this.#run.trace(stream, () => `→ ${message.seq} ${message.headers.get(CE.type)}`);
    const pattern = patternFor(message.subject);
    for (const service of this.#services) {
      if (service.stream === stream && service.patterns.has(pattern)) {
        // Feedback and intake are never lost; a lost delivery of LEADS is repaired from the lead's state.
        if (stream === 'LEADS' && !NEVER_MISSED.has(service.name) && this.#run.goesWrong('never delivered')) continue;
        this.#deliver(
          service,
          message,
          1,
          this.#run.goesWrong('out of order', message.subject.endsWith('.step-due') ? 2 : 1)
            ? this.#run.drawDelayMs('how much later')
            : 1,
        );
        if (this.#run.goesWrong('delivered twice'))
          this.#deliver(service, message, 2, this.#run.drawDelayMs('again after'));
      }
    }
    if (stream === 'LEADS') this.#projecting.take(message);
  }

  #record(message: Stored): void {
    const event = this.runtime.eventOf(message);
    this.events.push(event);
    this.#run.trace(event.source, () => `→ ${event.seq} ${event.type}${describe(event)}`);
    this.people.notice(event, this.email);
    this.#run.happened(event.type);
    if (this.runtime.restoring && this.#run.goesWrong('restore')) this.#restoreLater(this.runtime.restoring, event);
    if (this.#run.goesWrong('killed', 2)) this.#anyProcess((process) => process.kill());
    if (this.#run.goesWrong('clock jump', 0.5)) this.#anyProcess((process) => this.#jump(process));
  }

  /** Restores LEADS, the guard's entry, and in some runs PUBLIC, to their state as of now, later in the run. */
  #restoreLater(restoring: Restores, { seq }: Recorded): void {
    const { choices, time } = this.#run;
    if (this.#isRestored) return;
    this.#isRestored = true;
    const putBack = restoring.copy(seq);
    const toldSeq = this.streams.of('PUBLIC').at(-1)?.seq ?? 0;
    time.after(
      1 + this.#run.drawDelayMs('restored after'),
      () => {
        const lost = this.events.filter((event) => event.seq > seq);
        // After an erasure the present keys can't decrypt an older log: reconcile has its own test for that.
        if (lost.length === 0 || this.events.some(({ type }) => type === 'lead.erased')) return;
        this.#run.trace('restore', `LEADS is put back to ${seq}`);
        this.events.splice(0, this.events.length, ...this.events.filter((event) => event.seq <= seq));
        const isToldLost = choices.happens('PUBLIC is put back', 0.4);
        this.streams.putBack(seq, isToldLost ? toldSeq : Infinity);
        this.#projecting.putBack(seq);
        for (const { name, incarnation } of this.processes) {
          this.#run.hinder(name, Infinity);
          if (incarnation.readSeq !== undefined) incarnation.readSeq = 0;
        }
        const dying = choices.pick('die with the log', [2, 1, 1]);
        this.processes
          .filter((_, index) => dying === 2 || (dying === 1 && index % 2 === 0))
          .forEach((process) => process.kill());
        putBack(lost);
        const forks = choices.happens('forked', 0.3) ? lost.length + 1 : 0;
        const tag = (number: number) => this.people.tag(`since-${number}`);
        for (let number = 1; number <= forks; number++) time.after(number * 5, () => tag(number), null);
        // The restored consumers redeliver the last message: it was unacknowledged at the time of the copy.
        const last = this.streams.of('LEADS').at(-1);
        if (last) this.#redeliver(last);
        if (isToldLost) this.#tellAgain();
      },
      null,
    );
  }

  /** A consumer whose place is older than PUBLIC: all that the log still has is delivered again. */
  #tellAgain(): void {
    for (const service of this.#services)
      for (const message of service.name === 'outcomes' ? this.streams.of('LEADS') : [])
        if (service.patterns.has(patternFor(message.subject)))
          this.#deliver(service, message, 2, this.#run.drawDelayMs('told again after'));
  }

  #redeliver(message: Stored): void {
    const pattern = patternFor(message.subject);
    for (const service of this.#services)
      if (service.stream === 'LEADS' && service.patterns.has(pattern)) this.#deliver(service, message, 2, 1_000);
    this.#projecting.take(message, 1_000);
  }

  #anyProcess(then: (process: Process) => void): void {
    const { choices, time } = this.#run;
    const process =
      this.processes[
        choices.pick(
          'whom',
          this.processes.map(() => 1),
        )
      ];
    if (process) time.after(this.#run.drawDelayMs('when to whom'), () => then(process), null);
  }

  #jump(process: Process): void {
    process.skewMs = this.#run.choices.one('clock', [0, 1_500, -1_500, 90_000, -90_000, 3_600_000, -3_600_000]);
    this.#run.trace(process.name, `has its clock ${process.skewMs / 1_000} s off`);
    this.#hunting.wake();
  }

  #deliver(service: Service, message: Stored, delivery: number, ms: number): void {
    const { time, choices } = this.#run;
    time.after(
      ms,
      () => {
        const [first, second] = this.#processesOf.get(service) ?? [];
        if (this.streams.isLost(message)) return;
        // For ever: the message waits in the consumer, and only the lead's state brings its step back.
        if (service.name === 'sms' && this.esp.gateway.isAway) return;
        const pulls = (process: Process | undefined) =>
          process?.alive && (service.stream !== 'LEADS' || this.runtime.pulls?.(process) !== false);
        const [one, other] = [pulls(first), pulls(second)];
        const process =
          one && other
            ? [first, second][choices.pick('to whom', PROCESS_WEIGHTS)]
            : one
              ? first
              : other
                ? second
                : undefined;
        if (process) this.#hand(service, process, message, delivery);
        else this.#deliver(service, message, delivery, ALL_DOWN_MS);
      },
      null,
    );
  }

  #hand(service: Service, process: Process, message: Stored, deliveries: number): void {
    const { incarnation } = process;
    const again = (ms: number) => this.#deliver(service, message, deliveries + 1, ms);
    const lost = () => again(ACK_WAIT_MS);
    incarnation.readSeq = incarnation.onEnd.size === 0 ? 0 : undefined;
    incarnation.onEnd.add(lost);
    this.#run.time.incarnation = incarnation;
    if (deliveries > 1)
      this.#run.trace(process.name, `gets ${service.stream} ${message.seq} with delivery ${deliveries}`);
    this.#handle.get(process)?.(message.readBy(process), deliveries, (failure) => {
      if (failure) this.#failed(service, process, failure.error, deliveries, again);
      else if (this.#run.goesWrong('ack lost')) again(ACK_WAIT_MS);
      incarnation.onEnd.delete(lost);
    });
  }

  #failed(service: Service, { name }: Process, error: unknown, deliveries: number, again: (ms: number) => void): void {
    const exit = exitOf(error);
    if (exit === 'poison' && String(error).includes(NOBODYS)) {
      if (this.#run.isCalm) this.unplaced.push(String(error));
      return this.#run.isCalm ? undefined : again(GIVEN_BACK_MS);
    }
    if (exit === 'poison' || exit === 'failed') this.violations.push(`${service.name}: ${exit}: ${String(error)}`);
    if (exit === 'poison' || this.violations.length > FAILURES_MAX) return;
    if (exit === 'newer') {
      // A claim of this delivery is left to the sweep: the outcome can't be decided on an unreadable chain.
      this.#run.hinder(name, Infinity);
      return again(newerDelayMs(deliveries));
    }
    again(
      error instanceof Retry
        ? Math.max(error.delayMs, Math.min(RETRY_MS_MAX, error.delayMs * 2 ** Math.max(0, deliveries - RETRIES)))
        : nakDelayMs(deliveries),
    );
  }
}

function describe({ data }: Recorded): string {
  const about = ['step', 'attempt', 'class', 'guard', 'why', 'audience'].flatMap((name) =>
    name in data ? [String(data[name as keyof typeof data])] : [],
  );
  const send = 'sendId' in data && data.sendId ? [`…${data.sendId.slice(-4)}`] : [];
  return [...about, ...send].length > 0 ? ` (${[...about, ...send].join(', ')})` : '';
}
