import { JetStreamApiError, type JetStreamPublishOptions } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { streams as defined, type StreamName } from '@leadstream/contracts/streams';
import { silentLog, type Broker } from '@leadstream/eventlog/broker';
import type { Message } from '@leadstream/eventlog/delivery';

export type Stored = Message & { headers: MsgHdrs };
type Query = { seq: number } | { last_by_subj: string };

const NAMES = Object.keys(defined) as StreamName[];
const WRONG_LAST_SEQUENCE = 10_071;

/** The streams that one payload reaches, without faults; `keep` and `back` undo what a payload has stored. */
export class Memory {
  #stored = new Map<StreamName, Stored[]>(NAMES.map((name) => [name, []]));
  #kept = new Map<StreamName, number>();
  #seq = 0;

  of(stream: StreamName): readonly Stored[] {
    return this.#stored.get(stream) ?? [];
  }

  keep(): void {
    this.#kept = new Map([...this.#stored].map(([name, messages]) => [name, messages.length]));
  }

  back(): void {
    for (const [name, messages] of this.#stored) messages.splice(this.#kept.get(name) ?? 0);
  }

  store(subject: string, body: string | Uint8Array, head: MsgHdrs = headers()): Stored {
    const stream = streamOf(subject);
    const data = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const stored = { subject, seq: ++this.#seq, headers: head, data };
    this.#stored.get(stream)?.push(stored);
    return stored;
  }

  broker(): Broker {
    const publish = (subject: string, body: string | Uint8Array, options: Partial<JetStreamPublishOptions> = {}) => {
      const { lastSubjectSequence: wanted, lastSubjectSequenceSubject: filter = subject } = options.expect ?? {};
      if (wanted !== undefined && (this.#last(streamOf(subject), filter)?.seq ?? 0) !== wanted)
        throw new JetStreamApiError({ code: 400, err_code: WRONG_LAST_SEQUENCE, description: 'wrong last sequence' });
      const { seq } = this.store(subject, body, options.headers);
      return Promise.resolve({ stream: streamOf(subject), seq, duplicate: false });
    };
    const getMessage = (stream: StreamName, query: Query) => {
      const found =
        'seq' in query ? this.of(stream).find(({ seq }) => seq === query.seq) : this.#last(stream, query.last_by_subj);
      return Promise.resolve(found ? { ...found, header: found.headers } : null);
    };
    const broker = {
      connected: true,
      connectedMs: Infinity,
      log: silentLog,
      js: () => ({ publish }),
      jsm: () => Promise.resolve({ direct: { getMessage }, streams: { getMessage } }),
      partitions: 1,
      // Redrives are not answered here.
      ready: (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      connection: () => {
        throw new Error('there is no connection');
      },
    };
    // Broker has private fields that only a real connection needs.
    return broker as unknown as Broker;
  }

  #last(stream: StreamName, pattern: string): Stored | undefined {
    const start = pattern.replace(/>$/, '');
    return this.of(stream).findLast(({ subject }) =>
      start === pattern ? subject === pattern : subject.startsWith(start),
    );
  }
}

function streamOf(subject: string): StreamName {
  const [first] = subject.split('.');
  const stream = NAMES.find((name) => defined[name].subjects.some((pattern) => pattern.split('.')[0] === first));
  if (!stream) throw new Error(`no stream takes ${subject}`);
  return stream;
}
