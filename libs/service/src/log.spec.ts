import { describe, expect, it } from '@jest/globals';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import fc from 'fast-check';
import { pino } from 'pino';
import { err, logger, nestLogger, SECRETS } from './log.ts';
import { startTelemetry } from './telemetry.ts';

function recorder() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, log: logger('triage', 'debug', { write }) };
}

/** Pino's own redaction of the same names, at the same depth: slow, and the reference. */
function reference() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  const paths = ['', '*.', '*.*.'].flatMap((before) => [...SECRETS].map((name) => before + name));
  const formatters = { level: (name: string) => ({ level: name }) };
  const redact = { paths, censor: '[redacted]' };
  return { lines, log: pino({ redact, formatters, base: { service: 'triage' }, serializers: { err } }, { write }) };
}

describe('a log line', () => {
  it('is one JSON object with time, level by name, service and message', () => {
    const { lines, log } = recorder();
    log.info({ leadId: 'l-1' }, 'lead accepted');
    expect(lines).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        level: 'info',
        service: 'triage',
        leadId: 'l-1',
        msg: 'lead accepted',
      },
    ]);
  });

  it('carries the trace that was active', async () => {
    await startTelemetry('triage', {});
    const { lines, log } = recorder();
    const spanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: TraceFlags.SAMPLED,
    };
    context.with(trace.setSpanContext(context.active(), spanContext), () => log.info('lead transition'));
    expect(lines[0]).toMatchObject({ trace_id: spanContext.traceId, span_id: spanContext.spanId });
  });

  it('contains neither a secret nor personal data, at any depth', () => {
    const { lines, log } = recorder();
    log.info(
      {
        email: 'jane@example.com',
        headers: { authorization: 'Bearer hunter2' },
        lead: { contact: { phone: '+15551234567' } },
      },
      'lead accepted',
    );
    expect(JSON.stringify(lines)).not.toMatch(/jane|hunter2|5551234567/);
  });

  it('shows no text that Pino’s own redaction hides', () => {
    const name = fc.constantFrom(...SECRETS, 'err', 'lead', 'list', 'cause', 'Email');
    const text = fc.uuid();
    const { fields } = fc.letrec<{ fields: Record<string, unknown>; value: unknown }>((tie) => ({
      fields: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
      value: fc.oneof(
        { depthSize: 'large', maxDepth: 5 },
        fc.oneof(text, fc.nat(), fc.constantFrom(null, undefined, false, '')),
        tie('fields'),
        fc.array(tie('value'), { maxLength: 2 }),
        tie('fields').map((more) => Object.assign(new Error('failed'), more)),
        tie('fields').map((more) => Object.assign(Object.create({ toJSON: () => more }) as object, more)),
      ),
    }));
    const texts = ({ log, lines }: ReturnType<typeof recorder>, logged: object) => {
      log.info(logged, 'done');
      return JSON.stringify(lines).match(/[\da-f-]{36}/g) ?? [];
    };
    fc.assert(
      fc.property(fields, (logged) => {
        const ofPino = new Set(texts(reference(), logged));
        expect(texts(recorder(), logged).filter((one) => !ofPino.has(one))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('contains the fields beside a secret, and the cause of an error with an address', () => {
    const { lines, log } = recorder();
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', address: '127.0.0.1' });
    log.info(
      {
        phone: '+15551234567',
        step: 2,
        lead: { id: 'l-1', email: 'jane@example.com' },
        list: [1, { token: 't' }],
        err: refused,
      },
      'not sent',
    );
    expect(lines[0]).toMatchObject({
      phone: '[redacted]',
      step: 2,
      lead: { id: 'l-1', email: '[redacted]' },
      list: [1, { token: '[redacted]' }],
      err: { type: 'Error', code: 'ECONNREFUSED' },
    });
  });

  it('has an error’s origin, without addresses and the fields that a driver added', () => {
    const { lines, log } = recorder();
    const error = Object.assign(new Error('no mailbox jane@example.com'), {
      code: 11_000,
      document: { email: 'jane@example.com' },
    });
    log.error({ err: error }, 'error');
    expect(lines[0]).toMatchObject({
      level: 'error',
      err: {
        type: 'Error',
        code: 11_000,
        message: 'no mailbox <address>',
        stack: expect.stringContaining('log.spec.ts'),
      },
    });
    expect(JSON.stringify(lines)).not.toContain('jane');
  });

  it('reports a text that is no JSON without quoting it', () => {
    const { lines, log } = recorder();
    try {
      JSON.parse('Jane lives here');
    } catch (err) {
      log.error({ err }, 'error');
    }
    expect(JSON.stringify(lines)).toMatch(/JSON/);
    expect(JSON.stringify(lines)).not.toContain('Jane');
  });

  it('hides addresses in an error of any length', () => {
    const { lines, log } = recorder();
    const long = 'a'.repeat(131_072);
    log.error({ err: new Error(`${long} <jane@example.com>;mailto:jane@example.com ${long}`) }, 'error');
    expect(JSON.stringify(lines).includes('jane')).toBe(false);
  });

  it('is at debug for Nest’s own lines at start', () => {
    const { lines, log } = recorder();
    const nest = nestLogger(log);
    nest.log('Mapped {/healthz, GET} route', 'RouterExplorer');
    nest.error(new Error('no'), 'stack', 'ExceptionHandler');
    expect(lines).toMatchObject([
      { level: 'debug', context: 'RouterExplorer', msg: 'Mapped {/healthz, GET} route' },
      { level: 'error', context: 'ExceptionHandler', msg: 'no' },
    ]);
  });
});
