import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';

export interface FieldError {
  field: string;
  message: string;
}

/** An answer that says no, as RFC 9457 problem+json. `detail` is read by a person: it says what to do about it. */
export class Problem extends HttpException {
  readonly code = 'PROBLEM';
  constructor(status: number, readonly detail: string, readonly errors?: readonly FieldError[], options?: { cause?: unknown }) {
    super(detail, status, options);
  }

  /** 400 that names every field which does not keep to the schema. */
  static invalid(error: z.ZodError): Problem {
    const errors = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
    return new Problem(400, 'The body does not keep to the contract', errors, { cause: error });
  }
}

export interface Route {
  method: string;
  pattern: URLPattern;
}

/** The members that every problem has, and its JSON. */
export function problemBody(status: number, detail: string, errors?: readonly FieldError[]): { status: number; title: string; text: string } {
  const title = STATUS_CODES[status] ?? 'Error';
  return { status, title, text: JSON.stringify({ type: 'about:blank', title, status, detail, ...(errors ? { errors } : {}) }) };
}

/** Every refusal of an HTTP service as problem+json. What nobody expected is a 500 without internals, logged once, here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** `routes` tell a wrong method (405) from a wrong path (404), which Fastify does not. */
  constructor(private readonly log: Logger, private readonly routes: readonly Route[]) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, detail, errors } = this.describe(exception, request, reply);
    if (reply.sent) return;
    void reply.status(status).type('application/problem+json').send(problemBody(status, detail, errors).text);
  }

  private describe(exception: unknown, request: FastifyRequest, reply: FastifyReply): { status: number; detail: string; errors?: readonly FieldError[] | undefined } {
    if (exception instanceof Problem) return { status: exception.getStatus(), detail: exception.detail, errors: exception.errors };
    if (exception instanceof Unavailable) {
      this.log.warn({ err: exception, route: request.routeOptions.url }, 'unavailable');
      reply.header('retry-after', '5');
      return { status: 503, detail: 'It could not be stored; send it again' };
    }
    if (exception instanceof HttpException && exception.getStatus() < 500) return this.refusal(exception, request, reply);
    // Nobody is left to read the answer. As an error any stranger could raise the alarm that hangs on those.
    if (hungUp(request)) {
      this.log.info({ route: request.routeOptions.url }, 'the caller hung up');
      return { status: 400, detail: 'The body did not come whole' };
    }
    this.log.error({ err: exception, route: request.routeOptions.url }, 'error');
    return { status: 500, detail: 'Something went wrong here; it has been logged' };
  }

  private refusal(exception: HttpException, request: FastifyRequest, reply: FastifyReply): { status: number; detail: string } {
    const status = exception.getStatus();
    if (status === 404) {
      const allowed = this.methodsOf(request.url);
      if (allowed.length > 0 && !allowed.includes(request.method)) {
        reply.header('allow', allowed.join(', '));
        return { status: 405, detail: `Only ${allowed.join(', ')} here` };
      }
      return { status, detail: 'There is nothing at this path' };
    }
    // Fastify says one thing of both.
    if (status === 400 && exception.message.startsWith('Body is not valid JSON')) return { status, detail: 'The body is not valid JSON, or has a key that reaches a prototype' };
    return { status, detail: exception.message };
  }

  private methodsOf(url: string): string[] {
    const pathname = url.split('?', 1)[0] ?? url;
    return [...new Set(this.routes.filter(({ pattern }) => pattern.test({ pathname })).map(({ method }) => method))];
  }
}

const hungUp = ({ raw }: FastifyRequest): boolean => raw.readableAborted && raw.errored !== null && 'code' in raw.errored && raw.errored.code === 'ECONNRESET';
