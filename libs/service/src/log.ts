import type { LoggerService } from '@nestjs/common';
import { withoutQuotes } from '@leadstream/eventlog/errors';
import { trace } from '@opentelemetry/api';
import { pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

/**
 * A backstop, not the policy: no code logs these fields on purpose; one that is in a line's object by mistake is
 * removed.
 */
export const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'apiKey',
  'creds',
  'email',
  'address',
  'phone',
]);
const SECRET_LEVELS = 3;
type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/**
 * `fields` without secrets; the same object if there are none. Pino's `redact` with these names takes most of a line's
 * time.
 */
function redacted(fields: Fields, levels = SECRET_LEVELS): Fields {
  const safe = (name: string, value: unknown): unknown => {
    if (SECRETS.has(name) && value !== undefined) return '[redacted]';
    // The serializer of a line's `err` needs the error itself, and selects its fields.
    const isWhole = levels === 1 || !isObject(value) || (name === 'err' && levels === SECRET_LEVELS);
    return isWhole ? value : redacted(value, levels - 1);
  };
  let shown = fields;
  for (const [name, value] of Object.entries(fields)) {
    const now = safe(name, value);
    if (now !== value) shown = Object.assign(Array.isArray(shown) ? [...shown] : { ...shown }, { [name]: now });
  }
  return shown;
}

/** Only origin and cause: drivers add whole documents to their errors, and quote personal data in the texts. */
export const err = (error: unknown): unknown => {
  if (!(error instanceof Error)) return { type: typeof error };
  const { type, message, stack } = stdSerializers.err(error);
  return {
    type,
    ...('code' in error ? { code: error.code } : {}),
    message: withoutQuotes(message),
    stack: withoutQuotes(stack),
  };
};

/**
 * JSON lines: `time` (ISO), `level` (its name), `service`, `msg`, and `trace_id` and `span_id` of the active span,
 * which connect a line and its trace.
 */
export function logger(service: string, level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      serializers: { err },
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (name) => ({ level: name }), log: (fields) => redacted(fields) },
      mixin: () => {
        const span = trace.getActiveSpan()?.spanContext();
        return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

/**
 * Writes Nest's own lines in our format. Its start-up lines are `debug`; the last optional argument is the name of
 * Nest's class.
 */
export function nestLogger(log: Logger): LoggerService {
  const line =
    (level: 'error' | 'warn' | 'debug' | 'trace' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      const fields = typeof context === 'string' ? { context } : {};
      if (message instanceof Error) log[level]({ ...fields, err: message }, message.message);
      else log[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
    };
  return {
    log: line('debug'),
    error: line('error'),
    warn: line('warn'),
    debug: line('debug'),
    verbose: line('trace'),
    fatal: line('fatal'),
  };
}
