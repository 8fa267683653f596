import {
  trace,
  type AttributeValue,
  type Attributes,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';

/** Resolved at each use: a tracer taken before the SDK has started stays silent in some set-ups. */
export const tracer = () => trace.getTracer('@leadstream/eventlog');

interface LeadSpanOptions {
  /** Starts the span of the SDK at `startTime`. */
  begin: () => Span;
  startTime: number;
  /** Of the span's trace, where it is not the span itself. */
  first: SpanContext | undefined;
  /**
   * Of a hop, its name: the hop is begun once it has something to show, and exported only then, because most deliveries
   * change nothing, and a span costs 16 µs of CPU. Its first event is told by its own span.
   */
  hop: string | undefined;
}

/**
 * A span as the work in it and the spans below it see it. The SDK begins it at its first use, with the time of its real
 * beginning: one without a use, as that of most deliveries, costs neither its attributes nor an id.
 */
export class LeadSpan implements Span {
  readonly #begin: () => Span;
  readonly #startMs: number;
  /** The same moment by the clock that goes on evenly. */
  readonly #startedMs: number;
  #begun: Span | undefined;
  /**
   * The first span of the trace, in which its later hops begin: with each below its cause, a lead with two steps has a
   * trace of depth 36.
   */
  readonly first: SpanContext;
  /** Whether the span has anything to show: an event, a span below it that is exported, or an error. */
  isWorth: boolean;
  /** Of a hop whose span tells of no event yet, its name. */
  untold: string | undefined;

  constructor({ begin, startTime, first, hop }: LeadSpanOptions) {
    this.#startMs = startTime;
    this.#startedMs = performance.now() - (Date.now() - startTime);
    this.#begin = begin;
    this.first = first ?? this.spanContext();
    this.isWorth = hop === undefined;
    this.untold = hop;
  }

  get #span(): Span {
    return (this.#begun ??= this.#begin());
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  setAttribute(key: string, value: AttributeValue): this {
    this.#span.setAttribute(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    this.#span.setAttributes(attributes);
    return this;
  }

  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this {
    this.#span.addEvent(name, attributes, time);
    return this;
  }

  addLink(link: Link): this {
    this.#span.addLink(link);
    return this;
  }

  addLinks(links: Link[]): this {
    this.#span.addLinks(links);
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.#span.setStatus(status);
    return this;
  }

  updateName(name: string): this {
    this.#span.updateName(name);
    return this;
  }

  /** By that clock: the one of the SDK has a millisecond once a start is given. */
  end(time: TimeInput = this.#startMs + (performance.now() - this.#startedMs)): void {
    this.#span.end(time);
  }

  isRecording(): boolean {
    return this.#span.isRecording();
  }

  recordException(exception: Exception, time?: TimeInput): void {
    this.#span.recordException(exception, time);
  }
}
