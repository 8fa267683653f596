import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach } from '@jest/globals';

/** The points of a session at which the server answers. `mail`: the end of the mail, its dot. */
export type Point = 'greeting' | 'EHLO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'body' | 'mail';
/** A reply, or what the server does instead. `body`: after the first bytes of the mail. */
export type Reaction = string | ((socket: Socket) => void);
export type Script = Partial<Record<Point, Reaction>>;

const EHLO = '250-mx.example.com\r\n250-AUTH PLAIN\r\n250-SIZE 1000000\r\n250-DSN\r\n';
const USUAL: Record<Point, Reaction> = {
  greeting: '220 mx.example.com ESMTP',
  EHLO: `${EHLO}250 ENHANCEDSTATUSCODES`,
  STARTTLS: '502 5.5.1 not implemented',
  AUTH: '235 2.7.0 ok',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  body: () => undefined,
  mail: '250 2.0.0 Ok: queued as 4ABC',
};
const isPoint = (verb: string): verb is Point => Object.hasOwn(USUAL, verb);
/** As most servers: all commands of an envelope come in one packet. */
export const PIPELINED: Script = { EHLO: `${EHLO}250 PIPELINING` };
export const silence: Reaction = () => undefined;
export const reset: Reaction = (socket) => void socket.resetAndDestroy();
export const end: Reaction = (socket) => void socket.end();

/** The lines of one connection, in their order; the mail's own are in `mails`. */
interface Seen {
  connections: number;
  commands: string[];
  mails: string[];
}

/** One connection by the script. */
function serve(socket: Socket, script: () => Script, seen: Seen): void {
  let text = '';
  let inMail = false;
  let isRefused = false;
  const react = (point: Point): void => {
    const scripted = script()[point] ?? USUAL[point];
    const reaction = point === 'DATA' && isRefused ? '503 5.5.1 no valid recipients' : scripted;
    if (typeof reaction === 'function') return reaction(socket);
    isRefused ||= (point === 'MAIL' || point === 'RCPT') && !reaction.startsWith('2');
    inMail = point === 'DATA' && reaction.startsWith('354');
    if (!socket.destroyed) socket.write(`${reaction}\r\n`);
  };
  seen.connections++;
  react('greeting');
  socket
    .on('error', () => undefined)
    .on('data', (chunk) => {
      text += chunk.toString('latin1');
      while (!socket.destroyed) {
        if (inMail) {
          const length = text.indexOf('\r\n.\r\n');
          if (text !== '') react('body');
          if (length < 0) return;
          seen.mails.push(text.slice(0, length + 2));
          text = text.slice(length + 5);
          react('mail');
        }
        const line = /^(.*?)\r\n/.exec(text)?.[1];
        if (line === undefined) return;
        text = text.slice(line.length + 2);
        seen.commands.push(line);
        const verb = line.split(/[ :]/, 1)[0] ?? '';
        if (verb === 'QUIT') return void socket.end('221 bye\r\n');
        if (isPoint(verb)) react(verb);
      }
    });
}

/** A mail server in clear that follows `script`, which a test sets; afresh for each test. */
export function faultySmtp() {
  const sockets = new Set<Socket>();
  const state: Seen & { script: Script } = { script: {}, connections: 0, commands: [], mails: [] };
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, () => state.script, state);
  });
  beforeEach(async () => {
    Object.assign(state, { script: {}, connections: 0, commands: [], mails: [] });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { state, port: () => (server.address() as AddressInfo).port };
}
