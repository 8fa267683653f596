import type { IncomingHttpHeaders } from 'node:http';
import { keyIn } from '@leadstream/service/keys';
import type { FastifyRequest } from 'fastify';
import { isOpen, type Config } from './config.ts';
import { within } from './networks.ts';
import type { Role } from './roles.ts';
import type { Sessions } from './sessions.ts';

/** The signed-in caller: the author of the commands. */
export interface Caller {
  name: string;
  role: Role;
  via: 'token' | 'session' | 'oidc' | 'proxy' | 'local';
}

const NAME_LENGTH_MAX = 200;
const LOCAL: Caller = { name: 'local operator', role: 'admin', via: 'local' };
const LOOPBACK = [
  { address: '127.0.0.0', bits: 8, family: 'ipv4' },
  { address: '::1', bits: 128, family: 'ipv6' },
] as const;
/** Of a proxy on this machine, whose callers may be anywhere. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];
const LOCAL_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/**
 * The signed-in caller of a request: by its token, its browser's session, the header of a trusted proxy, or by this
 * machine.
 */
export function callers(config: Config, sessions: Sessions): (request: FastifyRequest) => Caller | undefined {
  const isLocal = within(LOOPBACK);
  const isProxy = within(config.CONSOLE_TRUSTED_PROXIES);
  return ({ headers, raw: { socket } }) => {
    // The peer itself: `request.ip` is what a header says.
    const { remoteAddress } = socket;
    if (isOpen(config)) return isLocal(remoteAddress) && isDirect(headers) ? LOCAL : undefined;
    const token = keyIn(headers, config.CONSOLE_TOKENS);
    if (token) return { name: token.name, role: token.role, via: 'token' };
    const holder = sessions.read(headers.cookie, Date.now());
    if (holder) return holder;
    return isProxy(remoteAddress) ? signedIn(headers, config) : undefined;
  };
}

/**
 * A page of another site may have its own name resolve to this machine; the browser then sends that name as the host.
 */
const isDirect = (headers: IncomingHttpHeaders): boolean =>
  LOCAL_HOST.test(headers.host ?? '') && FORWARDED.every((name) => headers[name] === undefined);

function signedIn(headers: IncomingHttpHeaders, config: Config): Caller | undefined {
  const name = textOf(headers, config.CONSOLE_USER_HEADER);
  // A comma: the caller has sent the header, and the proxy has added its own.
  if (!name || name.length > NAME_LENGTH_MAX || /[,\p{Cc}\p{Cf}]/u.test(name)) return undefined;
  const role = roleOf(groupsOf(headers, name, config), config);
  return role && { name, role, via: 'proxy' };
}

function groupsOf(headers: IncomingHttpHeaders, name: string, { CONSOLE_GROUPS_HEADER }: Config): string[] {
  if (CONSOLE_GROUPS_HEADER === undefined) return [name];
  return (textOf(headers, CONSOLE_GROUPS_HEADER) ?? '').split(',').map((group) => group.trim());
}

function roleOf(groups: readonly string[], config: Config): Role | undefined {
  const isIn = (list: readonly string[]): boolean => list.some((one) => groups.includes(one));
  if (isIn(config.CONSOLE_ADMIN_GROUPS)) return 'admin';
  if (isIn(config.CONSOLE_OPERATE_GROUPS)) return 'operate';
  return config.CONSOLE_VIEW_GROUPS.length === 0 || isIn(config.CONSOLE_VIEW_GROUPS) ? 'view' : undefined;
}

/** Node reads headers as Latin-1; proxies send UTF-8. */
function textOf(headers: IncomingHttpHeaders, header: string | undefined): string | undefined {
  const given = header === undefined ? undefined : headers[header];
  return given === undefined ? undefined : Buffer.from([given].flat().join(), 'latin1').toString('utf8').trim();
}
