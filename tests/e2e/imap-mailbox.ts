import type { AddressInfo, Socket } from 'node:net';
import hoodiecrow from 'hoodiecrow-imap';

const PLUGINS = ['IDLE', 'UIDPLUS', 'ID', 'ENABLE', 'LITERALPLUS', 'SASL-IR', 'NAMESPACE', 'SPECIAL-USE'];
export const SPAM = 'Spam';

/** A mailbox on an IMAP server of its own, on 127.0.0.1, for inbound's settings. */
export async function startMailbox() {
  const folders = { [SPAM]: { 'special-use': '\\Junk' } };
  const imap = hoodiecrow({ plugins: PLUGINS, storage: { INBOX: {}, '': { folders } } });
  const sockets = new Set<Socket>();
  imap.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => imap.listen(0, '127.0.0.1', resolve));
  const { port } = imap.server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) {
      // The server would keep a timer of half an hour for an IDLE that nobody ends.
      socket.emit('data', Buffer.from('DONE\r\n'));
      socket.destroy();
    }
  };
  return {
    env: {
      IMAP_HOST: '127.0.0.1',
      IMAP_PORT: String(port),
      IMAP_TLS: 'none',
      IMAP_USER: 'testuser',
      IMAP_PASSWORD: 'testpass',
    },
    deliver: (mail: string, folder = 'INBOX') =>
      imap.appendMessage(folder, [], false, Buffer.from(mail).toString('latin1')),
    /** The marks of the mails, the oldest first. */
    marks: () => imap.getMailbox('INBOX').messages.map(({ flags }) => flags),
    /** Ends every connection. */
    cut,
    stop: async () => {
      cut();
      await new Promise<void>((resolve) => imap.server.close(() => resolve()));
    },
  };
}
