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
  const answer = await answered(path, {
    method: method ?? 'GET',
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(signal ? { signal } : {}),
  });
  return (await answer.json().catch(() => undefined)) as Answer;
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(path, init).catch((cause: unknown) => {
    if (init.signal?.aborted) throw cause;
    throw new Refused(OFFLINE, cause);
  });
  if (answer.ok) return answer;
  const said: unknown = await answer.json().catch(() => undefined);
  throw new Refused({ code: 'ERROR', detail: answer.statusText, ...(said as object), status: answer.status });
}

/** The answer to a file. Throws Refused, also for a file that changed since it was chosen. */
export async function upload(path: string, file: File, signal?: AbortSignal): Promise<Response> {
  // A file that cannot be read is a network error in `fetch`.
  await file
    .slice(0, 1)
    .arrayBuffer()
    .catch((cause: unknown) => {
      throw new Refused(
        { code: 'FILE', status: 0, detail: 'The file has changed or is gone: choose it again.' },
        cause,
      );
    });
  return answered(path, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: file,
    ...(signal ? { signal } : {}),
  });
}

export const post = <Answer>(path: string, body: object | null, options: Ask = {}): Promise<Answer> =>
  ask(path, { ...options, method: 'POST', body });
