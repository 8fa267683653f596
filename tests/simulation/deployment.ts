import type { Recorded } from '@leadstream/contracts/events';
import type { StreamName } from '@leadstream/contracts/streams';
import { exitOf, nakDelayMs } from '@leadstream/eventlog/exits';
import { Retry } from '@leadstream/eventlog/errors';
import { newerDelayMs } from '@leadstream/eventlog/newer';
import { patternFor, Streams, type Stored } from './broker.ts';
import { Hunting } from './hunting.ts';
import { People } from './people.ts';
import { Projecting } from './projecting.ts';
import { Provider } from './esp.ts';
import { routes, SERVICES, type Service } from './configuration.ts';
import type { Handle, Hire, Restores, Staff } from './runtime.ts';
import { Process, type World } from './faults.ts';

/** After that a message whose handler died is delivered again. */
const ACK_WAIT_MS = 30_000;
/** How often a message looks for somebody who is up. */
const NOBODY_UP_MS = 10_000;
const TO_WHOM = [2, 1];
const FAILURES_MAX = 20;
/**
 * Who is told to come back every other second, for hours, is after so many times seen more rarely: a life has only so
 * many steps.
 */
const RETRIES = 10;
const RETRY_MS_MAX = 60_000;

/**
 * All of Leadstream's services, two processes of each, with what they stand on, those whom they serve, and the
 * provider.
 */
export class House {
  readonly email: string;
  readonly streams: Streams;
  readonly staff: Staff;
  readonly provider: Provider;
  readonly people: People;
  readonly processes: Process[] = [];
  readonly events: Recorded[] = [];
  /** What no service may do, whatever happens: give a message up, or fail for a reason that nobody knows. */
  readonly troubles: string[] = [];
  readonly #world: World;
  readonly #hunting: Hunting;
  readonly #projecting: Projecting;
  #isRestored = false;
  readonly #handle = new Map<Process, Handle>();
  readonly #staffed = new Map<Service, [Process, Process]>();

  constructor(world: World, email: string, hire: Hire) {
    this.#world = world;
    this.email = email;
    this.streams = new Streams(world, (stream, message) => this.#stored(stream, message));
    this.provider = new Provider(world, this.streams, (ms) =>
      this.people.moveOn(ms, this.events[0]?.leadId ?? '', this.email),
    );
    this.staff = hire(world, this, {
      written: () => this.#hunting.lookUp(),
      lost: () => this.#projecting.lost(),
      opened: () => this.#hunting.wake(),
    });
    this.#hunting = new Hunting(world, () => this.staff.dueMs);
    this.#projecting = new Projecting(
      world,
      () => this.staff.shownSeq,
      (message) => this.streams.isLost(message),
    );
    const operator = new Process(world, 'operator', 1, () => undefined);
    this.people = new People(world, this.streams, this.provider, routes(), (order) =>
      this.staff.command(operator, this.events[0]?.leadId ?? '', order),
    );
    for (const service of SERVICES) this.#staffed.set(service, [this.#start(service, 1), this.#start(service, 2)]);
  }

  get rushed(): boolean {
    return this.#world.time.rushed;
  }

  #start(service: Service, number: number): Process {
    const open = () => {
      const { handle, hunt, project, compare } = this.staff.employ(service, process);
      if (handle) this.#handle.set(process, handle);
      if (hunt) this.#hunting.employ(process, hunt);
      if (project && compare) this.#projecting.employ(process, project, compare);
    };
    const process = new Process(this.#world, service.name, number, open);
    this.processes.push(process);
    if (this.#world.goesWrong('older build')) process.replaceLater();
    open();
    return process;
  }

  #stored(stream: StreamName, message: Stored): void {
    if (stream === 'QUARANTINE')
      this.troubles.push(`quarantined: ${Buffer.from(message.data).toString().slice(0, 200)}`);
    if (stream === 'LEADS') this.#tell(message);
    const pattern = patternFor(message.subject);
    for (const service of SERVICES) {
      if (service.stream === stream && service.patterns.has(pattern)) {
        // What the outside world said is never lost; our own log says it in its state as well.
        if (stream === 'LEADS' && this.#world.goesWrong('never delivered')) continue;
        this.#deliver(
          service,
          message,
          1,
          this.#world.goesWrong('out of order', message.subject.endsWith('.step-due') ? 2 : 1)
            ? this.#world.while('how much later')
            : 1,
        );
        if (this.#world.goesWrong('delivered twice'))
          this.#deliver(service, message, 2, this.#world.while('again after'));
      }
    }
    if (stream === 'LEADS') this.#projecting.take(message);
  }

  #tell(message: Stored): void {
    const event = this.staff.eventOf(message);
    this.events.push(event);
    this.#world.tell(event.source, () => `→ ${event.seq} ${event.type}${describe(event)}`);
    this.people.notice(event, this.email);
    this.#world.happened(event.type);
    if (this.staff.restoring && this.#world.goesWrong('restore')) this.#restoreLater(this.staff.restoring, event);
    if (this.#world.goesWrong('killed', 2)) this.#anyone((process) => process.kill());
    if (this.#world.goesWrong('clock jump', 0.5)) this.#anyone((process) => this.#jump(process));
  }

  /** LEADS, and the guard's entry with it, is put back to where they are now. */
  #restoreLater(restoring: Restores, { seq }: Recorded): void {
    const { choices, time } = this.#world;
    if (this.#isRestored) return;
    this.#isRestored = true;
    const putBack = restoring.copy(seq);
    time.after(
      1 + this.#world.while('restored after'),
      () => {
        const lost = this.events.filter((event) => event.seq > seq);
        // With the keys of today an older log can't be read after an erasure: reconcile is tested with that elsewhere.
        if (lost.length === 0 || this.events.some(({ type }) => type === 'lead.erased')) return;
        this.#world.tell('restore', `LEADS is put back to ${seq}`);
        this.events.splice(0, this.events.length, ...this.events.filter((event) => event.seq <= seq));
        this.streams.putBack(seq);
        this.#projecting.putBack(seq);
        for (const { name, life } of this.processes) {
          this.#world.hinder(name, Infinity);
          if (life.readSeq !== undefined) life.readSeq = 0;
        }
        const dying = choices.pick('die with the log', [2, 1, 1]);
        this.processes
          .filter((_, index) => dying === 2 || (dying === 1 && index % 2 === 0))
          .forEach((process) => process.kill());
        putBack(lost);
        const forks = choices.odd('forked', 0.3) ? lost.length + 1 : 0;
        const tag = (number: number) => this.people.tag(`since-${number}`);
        for (let number = 1; number <= forks; number++) time.after(number * 200, () => tag(number), null);
        // As far as its consumers had acknowledged it then.
        const last = this.streams.of('LEADS').at(-1);
        if (last) this.#redeliver(last);
      },
      null,
    );
  }

  #redeliver(message: Stored): void {
    const pattern = patternFor(message.subject);
    for (const service of SERVICES)
      if (service.stream === 'LEADS' && service.patterns.has(pattern)) this.#deliver(service, message, 2, 1_000);
    this.#projecting.take(message, 1_000);
  }

  #anyone(then: (process: Process) => void): void {
    const { choices, time } = this.#world;
    const process =
      this.processes[
        choices.pick(
          'whom',
          this.processes.map(() => 1),
        )
      ];
    if (process) time.after(this.#world.while('when to whom'), () => then(process), null);
  }

  #jump(process: Process): void {
    process.skewMs = this.#world.choices.one('clock', [0, 1_500, -1_500, 90_000, -90_000, 3_600_000, -3_600_000]);
    this.#world.tell(process.name, `has its clock ${process.skewMs / 1_000} s off`);
    this.#hunting.wake();
  }

  #deliver(service: Service, message: Stored, delivery: number, ms: number): void {
    const { time, choices } = this.#world;
    time.after(
      ms,
      () => {
        const [first, second] = this.#staffed.get(service) ?? [];
        if (this.streams.isLost(message)) return;
        const pulls = (process: Process | undefined) =>
          process?.alive && (service.stream !== 'LEADS' || this.staff.pulls?.(process) !== false);
        const [one, other] = [pulls(first), pulls(second)];
        const process =
          one && other ? [first, second][choices.pick('to whom', TO_WHOM)] : one ? first : other ? second : undefined;
        if (process) this.#hand(service, process, message, delivery);
        else this.#deliver(service, message, delivery, NOBODY_UP_MS);
      },
      null,
    );
  }

  #hand(service: Service, process: Process, message: Stored, deliveries: number): void {
    const { life } = process;
    const again = (ms: number) => this.#deliver(service, message, deliveries + 1, ms);
    const lost = () => again(ACK_WAIT_MS);
    life.readSeq = life.onEnd.size === 0 ? 0 : undefined;
    life.onEnd.add(lost);
    this.#world.time.life = life;
    if (deliveries > 1)
      this.#world.tell(process.name, `gets ${service.stream} ${message.seq} for the ${deliveries}. time`);
    this.#handle.get(process)?.(message.readBy(process), deliveries, (failure) => {
      if (failure) this.#failed(service, failure.error, deliveries, again);
      else if (this.#world.goesWrong('ack lost')) again(ACK_WAIT_MS);
      life.onEnd.delete(lost);
    });
  }

  #failed(service: Service, error: unknown, deliveries: number, again: (ms: number) => void): void {
    const exit = exitOf(error);
    if (exit === 'poison' || exit === 'failed') this.troubles.push(`${service.name}: ${exit}: ${String(error)}`);
    if (exit === 'poison' || this.troubles.length > FAILURES_MAX) return;
    if (exit === 'newer') return again(newerDelayMs(deliveries));
    again(
      error instanceof Retry
        ? Math.min(RETRY_MS_MAX, error.delayMs * 2 ** Math.max(0, deliveries - RETRIES))
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
