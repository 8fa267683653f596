import { z } from 'zod';
import { ANSWER, answerIdOf, sendIdIn, type Mailbox, type ReceivedMail } from './mailbox.ts';

const messages = z.array(
  z.object({
    id: z.string(),
    to: z.string(),
    at: z.string(),
    headers: z.record(z.string(), z.string()),
    replies: z.array(z.object({ at: z.string() })),
  }),
);
type Message = z.infer<typeof messages>[number];

const TIMEOUT_MS = 5_000;

const sendIdOf = ({ headers }: Message): string =>
  sendIdIn(Object.entries(headers).find(([name]) => name.toLowerCase() === 'message-id')?.[1] ?? '');

/** The mailbox of the sandbox provider, over its HTTP API. */
export function sandboxMailbox(url: string): Mailbox {
  const call = async (path: string, body?: object): Promise<Response> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return fetch(new URL(path, url), body ? { ...json, signal } : { signal });
  };
  const to = async (address: string): Promise<Message[]> => {
    const response = await call(`/messages?to=${encodeURIComponent(address)}`);
    if (!response.ok) throw new Error(`the sandbox’s mailbox answers ${response.status}`);
    // A sandbox of an older build returns all.
    return messages.parse(await response.json()).filter((message) => message.to.toLowerCase() === address);
  };
  return {
    received: async (address) =>
      (await to(address)).map((message): ReceivedMail => {
        const { at, replies } = message;
        const answeredAt = replies[0]?.at;
        return { sendId: sendIdOf(message), at, ...(answeredAt === undefined ? {} : { answeredAt }) };
      }),
    answer: async (address) => {
      const [message] = await to(address);
      if (!message) throw new Error('there is no mail to answer');
      const { id } = message;
      const headers = { 'Message-ID': answerIdOf(sendIdOf(message)) };
      // Its status is that of inbound, which the log shows; the mail has been posted.
      await call('/reply', { messageId: id, text: ANSWER, headers });
    },
  };
}
