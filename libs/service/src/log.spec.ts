import { describe, expect, it } from '@jest/globals';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import { logger, nestLogger } from './log.ts';
import { startTelemetry } from './telemetry.ts';

function recorder() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, log: logger('triage', 'debug', { write }) };
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

  it('contains the fields beside a secret, and the cause of an error with an address', () => {
    const { lines, log } = recorder();
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', address: '127.0.0.1' });
    log.info(
      { phone: '+15551234567', step: 2, lead: { id: 'l-1', email: 'jane@example.com' }, err: refused },
      'not sent',
    );
    expect(lines[0]).toMatchObject({
      phone: '[redacted]',
      step: 2,
      lead: { id: 'l-1', email: '[redacted]' },
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
