import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { codeOf, NO_ROUTE, REFUSALS, type Reason, type Refusals } from './refusals.ts';

const RETRY_AFTER_SECONDS = 5;

/**
 * Headers of every response: it may not be cached or framed, and loads nothing. HSTS is the proxy's, which has the
 * certificate.
 */
export const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

export interface FieldError {
  field: string;
  message: string;
}

interface ProblemOptions {
  errors?: readonly FieldError[];
  /** For the log; left out: those of `errors`. */
  fields?: readonly string[];
  cause?: unknown;
  retryAfterSeconds?: number;
  /** Further members of the response (RFC 9457 §3.2). */
  members?: object;
}

/** An error response as RFC 9457 problem+json. Its `detail` tells a person the remedy. */
export class Problem extends HttpException {
  readonly code = 'PROBLEM';
  readonly errors: readonly FieldError[] | undefined;
  /** The contract's fields that the request violates, for the log: a key below them may be personal data. */
  readonly fields: readonly string[];
  readonly retryAfterSeconds: number | undefined;
  readonly members: object | undefined;

  /** `reason` decides the status, and is the label of the refusal in metrics and log. */
  constructor(
    readonly reason: Reason,
    readonly detail: string,
    {
      errors,
      fields = errors?.map(({ field }) => field) ?? [],
      cause,
      retryAfterSeconds,
      members,
    }: ProblemOptions = {},
  ) {
    super(detail, REFUSALS[reason].status, { cause });
    this.errors = errors;
    this.fields = [...new Set(fields.map((field) => field.split('.', 2).join('.')))];
    this.retryAfterSeconds = retryAfterSeconds;
    this.members = members;
  }

  /**
   * A 400 that names every field that violates the schema. A key that it lacks is the caller's own: not for the log.
   */
  static invalid(error: z.ZodError, reason: 'contract' | 'query' = 'contract'): Problem {
    const errors = error.issues.flatMap((issue) => violated(issue));
    const fields = error.issues.map(({ path }) => path.join('.'));
    const what = reason === 'contract' ? 'body' : 'query';
    return new Problem(reason, `The ${what} does not keep to the contract`, { errors, fields, cause: error });
  }
}

function violated(issue: z.ZodError['issues'][number]): FieldError[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.'), message }];
  return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'is not a field of this request' }));
}

export interface Route {
  method: string;
  pattern: URLPattern;
}

/** The members that every problem has, and its JSON. `status` differs from the reason's own for some of Fastify's. */
export function problemBody(
  reason: Reason,
  detail: string,
  members: object = {},
  status: number = REFUSALS[reason].status,
): { status: number; title: string; text: string } {
  const title = STATUS_CODES[status] ?? 'Error';
  const body = { type: 'about:blank', title, status, code: codeOf(reason), detail, ...members };
  return { status, title, text: JSON.stringify(body) };
}

export const PROBLEM_TYPE = 'application/problem+json';

interface ErrorResponse {
  status: number;
  detail: string;
  reason: Reason;
  members?: object | undefined;
  retryAfterSeconds?: number | undefined;
  /** For the log, not for the caller. */
  err?: unknown;
}

/**
 * Every refusal of an HTTP service as problem+json, counted and logged. An unexpected error is a 500 without internals.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** `routes` tell a wrong method (405) from a wrong path (404), which Fastify does not. */
  constructor(
    private readonly log: Logger,
    private readonly refusals: Refusals,
    private readonly routes: readonly Route[],
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const route = request.is404 ? NO_ROUTE : (request.routeOptions.url ?? NO_ROUTE);
    const { status, detail, reason, members, retryAfterSeconds, err } = this.describe(exception, request, reply);
    const fields = exception instanceof Problem ? exception.fields : [];
    this.refusals.add(route, reason, { status, err, fields });
    if (reason === 'error') this.log.error({ err: exception, route }, 'a request failed');
    if (reply.sent) return;
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
    void reply
      .status(status)
      .type(PROBLEM_TYPE)
      .send(problemBody(reason, detail, members, status).text);
  }

  private describe(exception: unknown, request: FastifyRequest, reply: FastifyReply): ErrorResponse {
    if (exception instanceof Problem) {
      const { detail, reason, errors, retryAfterSeconds, members } = exception;
      return {
        status: exception.getStatus(),
        detail,
        reason,
        members: { ...(errors ? { errors } : {}), ...members },
        retryAfterSeconds,
        ...(reason === 'unavailable' ? { err: exception.cause } : {}),
      };
    }
    if (exception instanceof Unavailable) {
      return {
        status: 503,
        detail: 'It could not be stored; send it again',
        reason: 'unavailable',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        err: exception,
      };
    }
    if (exception instanceof HttpException && exception.getStatus() < 500)
      return this.refusal(exception, request, reply);
    // The caller can't read the response any more. Logged as an error, it would let any stranger trigger the alarm on
    // errors.
    if (hungUp(request)) return { status: 400, detail: 'The body did not come whole', reason: 'hung-up' };
    return { status: 500, detail: 'Something went wrong here; it has been logged', reason: 'error' };
  }

  private refusal(exception: HttpException, request: FastifyRequest, reply: FastifyReply): ErrorResponse {
    const status = exception.getStatus();
    if (status === 404) {
      const { reason, detail } = this.misrouted(request, reply);
      return { status: REFUSALS[reason].status, detail, reason };
    }
    if (status !== 415) return { status, detail: exception.message, reason: 'other' };
    return { status, detail: 'This path does not take that content type', reason: 'media-type' };
  }

  /** The reason why no route accepts this request: no route has the path, or none its method. */
  misrouted({ url, method }: FastifyRequest, reply: FastifyReply): Problem {
    const pathname = url.split('?', 1)[0] ?? url;
    const allowed = [
      ...new Set(this.routes.filter(({ pattern }) => pattern.test({ pathname })).map((route) => route.method)),
    ];
    if (allowed.length === 0 || allowed.includes(method)) return new Problem('route', 'There is nothing at this path');
    reply.header('allow', allowed.join(', '));
    return new Problem('method', `Only ${allowed.join(', ')} here`);
  }
}

const hungUp = ({ raw }: FastifyRequest): boolean =>
  raw.readableAborted && raw.errored !== null && 'code' in raw.errored && raw.errored.code === 'ECONNRESET';
