/** The console's API, as its own page uses it. */

export interface ProblemBody {
  code: string;
  detail: string;
  status: number;
  reason?: string;
  remedy?: string | null;
  errors?: { field: string; message: string }[];
  since?: unknown[];
  lead?: unknown;
}

/** An answer that is no success; `OFFLINE`: there was none. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: ProblemBody;

  constructor(problem: ProblemBody, cause?: unknown) {
    super(problem.detail, { cause });
    this.problem = problem;
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.problem.status === 503 || this.problem.status === 429 || this.problem.code === 'OFFLINE';
  }
}

export interface Ask {
  method?: 'GET' | 'POST';
  body?: object | null;
  ifMatch?: string | null;
  /** The key of a command: the same one for each attempt at it. */
  key?: string;
  signal?: AbortSignal;
}

const OFFLINE = { code: 'OFFLINE', status: 0, detail: 'The console does not answer. Is it running?' };

/** Throws Refused. */
export async function ask<Answer>(path: string, { method, body, ifMatch, key, signal }: Ask = {}): Promise<Answer> {
  const headers = {
    ...(body ? { 'content-type': 'application/json' } : {}),
    ...(key ? { 'idempotency-key': key } : {}),
    ...(ifMatch ? { 'if-match': ifMatch } : {}),
  };
  const answer = await fetch(path, {
    method: method ?? 'GET',
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(signal ? { signal } : {}),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new Refused(OFFLINE, cause);
  });
  const said: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return said as Answer;
  throw new Refused({ code: 'ERROR', detail: answer.statusText, ...(said as object), status: answer.status });
}

export const post = <Answer>(path: string, body: object | null, options: Ask = {}): Promise<Answer> =>
  ask(path, { ...options, method: 'POST', body });
