import { JetStreamApiError, type JetStreamPublishOptions } from '@nats-io/jetstream';
import { errors, headers, MsgHdrsImpl, type MsgHdrs } from '@nats-io/transport-node';
import { CE } from '@leadstream/contracts/envelope';
import { type Broker, silentLog } from '@leadstream/eventlog/broker';
import type { Message } from '@leadstream/eventlog/delivery';
import { patternOf } from '@leadstream/eventlog/handlers';
import { LOG_STREAM, logStreams, streams as defined, type StreamName } from '@leadstream/contracts/streams';
import { promised, type Process, type SimulatedRun } from './faults.ts';
import type { Incarnation } from './time.ts';

const encoder = new TextEncoder();

/** The message's headers, by name. */
export type Head = Readonly<Record<string, string>>;

/** A message as the leader stores it. Its bytes and NATS headers are built on first use, then kept. */
export class Stored implements Message {
  readonly subject: string;
  readonly seq: number;
  readonly head: Head | MsgHdrs;
  /** The body: bytes, JSON text, or the value that its JSON encodes. */
  readonly body: string | Uint8Array | object;
  readonly atMs: number;
  readonly msgId: string | undefined;
  /** Written by a newer build, in a data version that an older build can't read. */
  readonly newer: boolean;
  #data: Uint8Array | undefined;
  #headers: MsgHdrs | undefined;

  constructor(it: Omit<Stored, 'data' | 'headers' | 'readBy'>) {
    this.subject = it.subject;
    this.seq = it.seq;
    this.head = it.head;
    this.body = it.body;
    this.atMs = it.atMs;
    this.msgId = it.msgId;
    this.newer = it.newer;
  }

  /** The message as the process's build reads it. */
  readBy({ isOlder }: Pick<Process, 'isOlder'>): Stored {
    return isOlder && this.newer ? new Stored({ ...this, head: inNewerVersion(this.headers) }) : this;
  }

  get headers(): MsgHdrs {
    return (this.#headers ??= headersOf(this.head));
  }

  get data(): Uint8Array {
    return (this.#data ??=
      this.body instanceof Uint8Array
        ? this.body
        : encoder.encode(typeof this.body === 'string' ? this.body : JSON.stringify(this.body)));
  }
}

function headersOf(head: Head | MsgHdrs): MsgHdrs {
  if (head instanceof MsgHdrsImpl) return head;
  const made = headers();
  for (const [name, value] of Object.entries(head as Head)) made.set(name, value);
  return made;
}

function inNewerVersion(known: MsgHdrs): MsgHdrs {
  const made = headers();
  for (const name of known.keys()) made.set(name, known.get(name));
  made.set(CE.dataVersion, '2');
  return made;
}

/**
 * Fault weight of a claim's append and of the reads that follow it: only the log can tell whether the claim was stored.
 */
export const CLAIM_WEIGHT = 4;
export const CALL_TIMEOUT_MS = 5_000;
const WRONG_LAST_SEQUENCE = 10_071;
/** The error of a cluster while another write to the subject is under way, whatever the outcome of that write. */
const BUSY = 10_164;
const NAMES = Object.keys(defined) as StreamName[];

const refused = (err_code: number) =>
  new JetStreamApiError({ code: 400, err_code, description: 'wrong last sequence' });
const CREATED = 'once';
/** The creation times of the log's streams, as one text. */
export const createdOf = ({ partitions }: Pick<SimulatedRun, 'partitions'>): string =>
  Array.from({ length: partitions }, () => CREATED).join(' ');
const NONE: Head = {};
const timeoutError = () => new errors.TimeoutError();

/** A claim whose answer its sender has read only after the sweep, as a process that was suspended does. */
export interface LateClaim {
  seq: number;
  sender: string;
  incarnation: Incarnation;
}

/** The part of JetStream that Leadstream uses: the leader's messages, and a follower that may lag behind. */
export class Streams {
  readonly #run: SimulatedRun;
  readonly #stored: Record<StreamName, Stored[]> = {
    INTAKE: [],
    FEEDBACK: [],
    LEADS: [],
    QUARANTINE: [],
    PUBLIC: [],
    OPERATIONS: [],
    KV_keys: [],
  };
  /** The last sequence by stream, each partition of LEADS; the sequence of a deleted message is not used again. */
  readonly #last = new Map<string, number>();
  readonly #onStored: (stream: StreamName, message: Stored) => void;
  /** Messages that a restore of LEADS removed. */
  readonly #lost = new Set<Stored>();
  readonly lateClaims: LateClaim[] = [];
  #connection = 0;
  #connectedAtMs = -Infinity;

  constructor(run: SimulatedRun, onStored: (stream: StreamName, message: Stored) => void) {
    this.#run = run;
    this.#onStored = onStored;
  }

  /** Of LEADS the messages of all partitions; a run has one lead, so those of one. */
  of(stream: StreamName): readonly Stored[] {
    return this.#stored[stream];
  }

  /** The stream that takes the subject, by its own name. */
  nameOf(subject: string): string {
    const stream = streamOf(subject);
    if (stream !== 'LEADS') return stream;
    const found = logStreams(this.#run.partitions).find((log) => matches(log.subject('*', '*'), subject));
    if (!found) throw new Error(`no partition takes ${subject}`);
    return found.stream;
  }

  /** The messages of the stream of this name. */
  #in(name: string): Stored[] {
    const messages = this.#stored[LOG_STREAM.test(name) ? 'LEADS' : (name as StreamName)];
    return this.#run.partitions > 1 && LOG_STREAM.test(name)
      ? messages.filter(({ subject }) => this.nameOf(subject) === name)
      : messages;
  }

  /** Without those that have aged out. Of PUBLIC alone: of the other streams nobody reads what is so old. */
  #kept(name: string, messages: Stored[]): Stored[] {
    if (name !== 'PUBLIC') return messages;
    const sinceMs = this.#run.time.nowMs - defined.PUBLIC.maxAgeMs;
    return messages.filter(({ atMs }) => atMs > sinceMs);
  }

  isLost(message: Stored): boolean {
    return this.#lost.has(message);
  }

  /**
   * Restores LEADS to its end at `seq`, and PUBLIC to `toldSeq`: the next messages reuse the sequences of the lost
   * ones. All connections break.
   */
  putBack(seq: number, toldSeq = Infinity): void {
    this.#stored.PUBLIC = this.#stored.PUBLIC.filter((message) => message.seq <= toldSeq);
    this.#last.set('PUBLIC', Math.min(toldSeq, this.#last.get('PUBLIC') ?? 0));
    for (const message of this.#stored.LEADS) if (message.seq > seq) this.#lost.add(message);
    this.#stored.LEADS = this.#stored.LEADS.filter((message) => !this.#lost.has(message));
    for (const { stream } of logStreams(this.#run.partitions))
      this.#last.set(stream, Math.min(seq, this.#last.get(stream) ?? 0));
    this.#connection++;
    // Later than all that this instant has read of the log before.
    this.#connectedAtMs = this.#run.time.nowMs + 1;
  }

  /** The connection of a restore guard: it answers at once and without faults. */
  watched(): Broker {
    const info = (stream: string) =>
      Promise.resolve({
        created: CREATED,
        config: { num_replicas: 1 },
        state: { last_seq: this.#last.get(stream) ?? 0 },
      });
    const getMessage = (stream: string, query: Query) => Promise.resolve(reply(this.#read(stream, query, true)));
    return {
      connected: true,
      partitions: this.#run.partitions,
      jsm: () => Promise.resolve({ streams: { info, getMessage } }),
    } as unknown as Broker;
  }

  /** Deletes the message from the disk as well. False when it is not there. */
  overwrite(name: string, seq: number): boolean {
    const messages = this.#stored[LOG_STREAM.test(name) ? 'LEADS' : (name as StreamName)];
    if (!this.#in(name).some((message) => message.seq === seq)) return false;
    const index = messages.findIndex((message) => message.seq === seq);
    if (index >= 0) messages.splice(index, 1);
    return index >= 0;
  }

  /** The leader's order of checks: the duplicate window, the expectation, the store. */
  store(
    subject: string,
    body: string | object,
    {
      msgID,
      expect,
      headers: head = NONE,
    }: Partial<Omit<JetStreamPublishOptions, 'headers'> & { headers: Head | MsgHdrs }> = {},
    newer = false,
  ): { stream: string; seq: number; duplicate: boolean } {
    const [stream, name] = [streamOf(subject), this.nameOf(subject)];
    const messages = this.#stored[stream];
    const same =
      msgID &&
      messages.find(
        ({ msgId, atMs }) => msgId === msgID && atMs > this.#run.time.nowMs - defined[stream].duplicateWindowMs,
      );
    if (same) return { stream: name, seq: same.seq, duplicate: true };
    const { lastSubjectSequence: wanted, lastSubjectSequenceSubject: filter = subject } = expect ?? {};
    const before = this.#kept(stream, messages).findLast((message) => matches(filter, message.subject));
    if (wanted !== undefined && (before?.seq ?? 0) !== wanted) throw refused(WRONG_LAST_SEQUENCE);
    const last = this.#last.get(name) ?? 0;
    // Other leads write too: a lead's sequences have gaps.
    const message = new Stored({
      subject,
      seq: last + 1 + (last % 3),
      head,
      body,
      atMs: this.#run.time.nowMs,
      msgId: msgID,
      newer,
    });
    messages.push(message);
    this.#last.set(name, message.seq);
    this.#onStored(stream, message);
    return { stream: name, seq: message.seq, duplicate: false };
  }

  /** A request of a process: lost if the connection breaks before the answer. */
  async #call<T>(process: Process, what: string, answer: () => T, weight: number): Promise<T> {
    const connection = this.#connection;
    const mustBeUp = () => {
      if (connection !== this.#connection) throw timeoutError();
    };
    const value = await promised(
      this.#run.call(process, what, {
        answer: () => {
          mustBeUp();
          return answer();
        },
        timeoutError,
        timeoutMs: CALL_TIMEOUT_MS,
        weight,
      }),
    );
    mustBeUp();
    return value;
  }

  /** The broker connection of one process. */
  dial(process: Process): Broker {
    const run = this.#run;
    let claims = false;
    const call = <T>(what: string, answer: () => T, weight = 1): Promise<T> =>
      this.#call(process, what, answer, weight);
    const publish = (subject: string, body: string | Uint8Array, options: Partial<JetStreamPublishOptions>) => {
      claims = subject.endsWith('.send-started');
      const stored = call(
        `publish ${subject.split('.').at(-1)}`,
        () => {
          if (options.expect && run.goesWrong('busy cluster')) throw refused(BUSY);
          return this.store(subject, body, options, !process.isOlder && subject.endsWith(run.newerToken));
        },
        claims ? CLAIM_WEIGHT : 1,
      );
      return claims && !process.isOlder && run.goesWrong('worst moment')
        ? stored.then((ack) => this.#readLate(process, ack))
        : stored;
    };
    const getMessage = (leader: boolean) => async (stream: string, query: Query) => {
      const read = await call(
        `read ${'seq' in query ? query.seq : 'last'}${leader ? '' : ' of a follower'}`,
        () => reply(this.#read(stream, query, leader)?.readBy(process)),
        claims ? CLAIM_WEIGHT : 1,
      );
      const { incarnation } = process;
      if (leader && LOG_STREAM.test(stream) && incarnation.readSeq !== undefined)
        incarnation.readSeq = Math.max(incarnation.readSeq, read?.seq ?? 0);
      return read;
    };
    const jsm = {
      direct: { getMessage: getMessage(false) },
      streams: {
        getMessage: getMessage(true),
        deleteMessage: (stream: string, seq: number) => call(`delete ${seq}`, () => this.overwrite(stream, seq)),
      },
    };
    const broker = {
      connected: true,
      partitions: run.partitions,
      log: silentLog,
      js: () => ({ publish }),
      jsm: () => Promise.resolve(jsm),
    };
    Object.defineProperty(broker, 'connectedMs', { get: () => run.time.nowMs - this.#connectedAtMs });
    Object.assign(broker, { ready: () => Promise.resolve() });
    // Broker has private fields that only a real connection needs.
    return broker as unknown as Broker;
  }

  /** Holds the answer of a stored claim until the sweep has ended the claim. */
  async #readLate<T extends { seq: number }>(process: Process, ack: T): Promise<T> {
    const run = this.#run;
    const { incarnation, name: sender } = process;
    const hindrance = run.hinder(sender, Infinity);
    run.trace(sender, 'is suspended before it reads the answer');
    await promised<void>((resolve) =>
      run.holdUntil(
        'lead.send-unknown',
        (ms) => {
          hindrance.ms = ms;
          this.lateClaims.push({ seq: ack.seq, sender, incarnation });
          resolve();
        },
        incarnation,
      ),
    );
    if (run.choices.happens('answer lost', 0.5)) throw timeoutError();
    return ack;
  }

  #read(stream: string, query: Query, leader: boolean): Stored | undefined {
    const all = this.#kept(stream, this.#in(stream));
    if ('seq' in query && !('next_by_subj' in query)) {
      const found = all.find(({ seq }) => seq === query.seq);
      return !leader && this.#run.goesWrong('hole') ? undefined : found;
    }
    const seen =
      !leader && this.#run.goesWrong('stale read')
        ? all.slice(0, Math.max(0, all.length - 1 - this.#run.choices.pick('how stale', [3, 2, 1, 1])))
        : all;
    if ('last_by_subj' in query) return seen.findLast(({ subject }) => matches(query.last_by_subj, subject));
    return seen.find(({ seq, subject }) => seq >= query.seq && matches(query.next_by_subj, subject));
  }
}

type Query = { seq: number } | { seq: number; next_by_subj: string } | { last_by_subj: string };

const reply = (stored: Stored | undefined) =>
  (stored && {
    subject: stored.subject,
    seq: stored.seq,
    data: stored.data,
    header: stored.headers,
    json: () => JSON.parse(new TextDecoder().decode(stored.data)) as object,
  }) ??
  null;

/** A run asks for the same few subjects many times. */
const remembered = <T>(find: (subject: string) => T): ((subject: string) => T) => {
  const known = new Map<string, T>();
  return (subject) => {
    const found = known.get(subject) ?? find(subject);
    known.set(subject, found);
    return found;
  };
};

const streamOf = remembered((subject) => {
  if (subject.startsWith('leads-')) return 'LEADS';
  const stream = NAMES.find((name) => defined[name].subjects.some((pattern) => matches(pattern, subject)));
  if (!stream) throw new Error(`no stream takes ${subject}`);
  return stream;
});

/** The handler pattern that matches the message. */
export const patternFor = remembered((subject) => patternOf(streamOf(subject), subject));

/** NATS' wildcards: `*` is one token, `>` all that follow. */
function matches(pattern: string, subject: string): boolean {
  const tokens = subject.split('.');
  const wanted = pattern.split('.');
  return (
    wanted.every(
      (token, index) => token === '>' || (token === '*' && tokens[index] !== undefined) || token === tokens[index],
    ) && (wanted.at(-1) === '>' ? tokens.length >= wanted.length : tokens.length === wanted.length)
  );
}
