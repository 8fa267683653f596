import {
  trace,
  type AttributeValue,
  type Attributes,
  type Context,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';

/** Resolved at each use: a tracer taken before the SDK has started stays silent in some set-ups. */
export const tracer = () => trace.getTracer('@leadstream/eventlog');

/**
 * A span that the SDK begins at its first use, with the time of its real beginning. One without a use, as that of most
 * deliveries, costs neither its attributes nor an id.
 */
export class LaterSpan implements Span {
  readonly #begin: () => Span;
  readonly #startMs = Date.now();
  readonly #startedMs = performance.now();
  #begun: Span | undefined;

  constructor(name: string, options: SpanOptions, parent: Context) {
    this.#begin = () => tracer().startSpan(name, { ...options, startTime: this.#startMs }, parent);
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

  /** With the clock that goes on evenly: the one of the SDK has a millisecond once a start is given. */
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
