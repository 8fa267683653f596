import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { AUTHORITATIVE_ANSWER, decode, encode, type Answer } from 'dns-packet';

/** Records by name: TXT as text, MX as a host. */
export type Zone = Readonly<Record<string, { txt?: readonly string[]; mx?: string }>>;

export interface DnsServer {
  /** `127.0.0.1:<port>` */
  address: string;
  zone: Zone;
  close: () => void;
}

/** A DNS server of one zone, over UDP; a name that the zone lacks does not exist. */
export async function dnsServer(zone: Zone): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const server: DnsServer = { address: '', zone, close: () => socket.close() };
  socket.on('message', (message, from) => {
    const { id, questions = [] } = decode(message);
    const answers = questions.flatMap(({ name, type }) => answersTo(server.zone, name, type));
    const isKnown = questions.some(({ name }) => name in server.zone);
    const flags = AUTHORITATIVE_ANSWER | (isKnown ? 0 : NO_SUCH_NAME);
    socket.send(encode({ type: 'response', id: id ?? 0, flags, questions, answers }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  server.address = `127.0.0.1:${socket.address().port}`;
  return server;
}

const NO_SUCH_NAME = 3;

function answersTo(zone: Zone, name: string, type: string): Answer[] {
  const { txt = [], mx } = zone[name] ?? {};
  if (type === 'TXT') return txt.map((data) => ({ type: 'TXT', name, data }));
  return type === 'MX' && mx !== undefined ? [{ type: 'MX', name, data: { preference: 10, exchange: mx } }] : [];
}
