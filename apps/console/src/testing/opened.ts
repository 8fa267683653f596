import { createHash } from 'node:crypto';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import type { LightMyRequestResponse } from 'fastify';
import { console as definition } from '../console.module.ts';
import { roles, type Role } from '../roles.ts';

export const tokenOf = (role: Role): string => `the token of ${role}`;
const entry = (role: Role): string =>
  `${role}-token:${role}:sha256:${createHash('sha256').update(tokenOf(role)).digest('hex')}`;
export const CONSOLE_TOKENS = roles.map(entry).join(',');

export interface Opened {
  service: Running;
  lines: string[];
  ask(
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    options?: { role?: Role; body?: unknown; headers?: Record<string, string> },
  ): Promise<LightMyRequestResponse>;
}

/** A console with this environment, with a token of each role unless it says otherwise; `ask` needs no socket. */
export async function opened(env: Record<string, string>): Promise<Opened> {
  const lines: string[] = [];
  const service = await start(
    definition,
    { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'trace', CONSOLE_TOKENS, ...env },
    { logTo: { write: (line) => void lines.push(line) } },
  );
  return {
    service,
    lines,
    ask: (method, url, { role, body, headers = {} } = {}) =>
      service.app.inject({
        method,
        url,
        headers: { ...(role ? { authorization: `Bearer ${tokenOf(role)}` } : {}), ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      }),
  };
}

/** Waits as Kubernetes does: before its first read of the sequences a console answers commands by a 503. */
export async function untilReady(opened: Opened): Promise<void> {
  await opened.service.ready;
  await eventually(async () => (await opened.ask('GET', '/readyz')).statusCode === 200);
}
