import { Controller, Get, HttpCode, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { withoutCredentials } from '@leadstream/eventlog/broker';
import { Metrics } from './metrics.ts';

/** Resolves when the dependency is available; otherwise throws an error whose message names the problem, in words. */
export type Check = () => Promise<void>;

const CHECK_TIMEOUT_MS = 1_000;

/** The dependencies of a process. A module adds its own checks by `add`. */
export class Health {
  private readonly checks: Map<string, { check: Check; required: boolean }>;
  private readonly prefix: string;

  /** With `of`, the checks of one service among several, each named `<service>.<name>`. */
  constructor(of?: { health: Health; service: string }) {
    this.checks = of?.health.checks ?? new Map<string, { check: Check; required: boolean }>();
    this.prefix = of ? `${of.service}.` : '';
  }

  /** A check that is not `required` is shown by /readyz but does not make the service unavailable. */
  add(name: string, check: Check, { required = true } = {}): void {
    this.checks.set(this.prefix + name, { check, required });
  }

  async report(): Promise<{ status: 'ok' | 'unavailable'; checks: Record<string, string> }> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, { check, required }]) => {
        const words = await bounded(check);
        return { name, words, fails: required && words !== 'ok' };
      }),
    );
    return {
      status: results.some(({ fails }) => fails) ? 'unavailable' : 'ok',
      checks: Object.fromEntries(results.map(({ name, words }) => [name, words])),
    };
  }
}

async function bounded(check: Check): Promise<string> {
  const timeout = Promise.withResolvers<string>();
  const timer = setTimeout(() => timeout.resolve(`no answer within ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
  try {
    return await Promise.race([check().then(() => 'ok'), timeout.promise]);
  } catch (error) {
    // Drivers quote their URLs.
    return withoutCredentials(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

@Controller()
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  /** Alive, whatever dependency is unavailable: a restart would not restore it. */
  @Get('healthz')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  @HttpCode(200)
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const report = await this.health.report();
    if (report.status !== 'ok') reply.status(503);
    return report;
  }

  @Get('metrics')
  async exposition(@Req() { headers }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { type, body } = await this.metrics.respond(headers.accept);
    reply.type(type);
    return body;
  }
}
