declare module 'hoodiecrow-imap' {
  import type { Server } from 'node:net';
  interface Stored {
    uid: number;
    flags: string[];
  }
  export interface Hoodiecrow {
    server: Server;
    connections?: unknown[];
    listen(port: number, host: string, listening: () => void): void;
    close(closed: () => void): void;
    /** `raw`: one character a byte. */
    appendMessage(mailbox: string, flags: string[], internalDate: false, raw: string): void;
    getMailbox(path: string): { messages: Stored[] };
  }
  const hoodiecrow: (options: { plugins: string[]; storage: object }) => Hoodiecrow;
  export default hoodiecrow;
}
