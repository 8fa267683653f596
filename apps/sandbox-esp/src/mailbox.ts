import { randomBytes } from 'node:crypto';
import type { Chat, Provider } from '@leadstream/contracts/events';
import type { SandboxMessage } from './client.ts';
import type { MailSend } from './mail-send.ts';

const MESSAGES_MAX = 5_000;

/** The form of an X-Message-Id: 22 characters, also the first part of sg_message_id. */
export const newMessageId = (): string => randomBytes(16).toString('base64url');

/** The accepted mails, oldest first; only the last 5,000 are kept. */
export class Mailbox {
  #messages: SandboxMessage[] = [];

  get all(): readonly SandboxMessage[] {
    return this.#messages;
  }

  find(id: string): SandboxMessage | undefined {
    return this.#messages.find((message) => message.id === id);
  }

  clear(): void {
    this.#messages = [];
  }

  /** Stores one message a recipient. The first has the request's id, because X-Message-Id is of the request. */
  accept(mail: MailSend, requestId: string, wire: Provider | Chat): SandboxMessage[] {
    const part = (type: string) => mail.content?.find((content) => content.type === type)?.value;
    const text = part('text/plain');
    const html = part('text/html');
    const replyTo = mail.reply_to ?? mail.reply_to_list?.[0];
    const copies = mail.personalizations.flatMap((one) =>
      [...one.to, ...one.cc, ...one.bcc].map((to) => ({ to, one })),
    );
    const accepted = copies.map(({ to, one }, index): SandboxMessage => {
      const from = one.from ?? mail.from;
      return {
        wire,
        id: index === 0 ? requestId : `${requestId}-${index}`,
        sg_message_id: `${requestId}.recvd-sandbox-${index}.0`,
        smtp_id: `<${requestId}@ismtpd0001.sandbox.invalid>`,
        to: to.email,
        ...(to.name ? { to_name: to.name } : {}),
        from: from.email,
        ...(from.name ? { from_name: from.name } : {}),
        ...(replyTo ? { reply_to: replyTo.email } : {}),
        subject: one.subject ?? mail.subject ?? '',
        ...(text === undefined ? {} : { text }),
        ...(html === undefined ? {} : { html }),
        headers: { ...mail.headers, ...one.headers },
        custom_args: { ...mail.custom_args, ...one.custom_args },
        categories: mail.categories,
        at: new Date().toISOString(),
        events: [],
        replies: [],
      };
    });
    this.#messages = [...this.#messages, ...accepted].slice(-MESSAGES_MAX);
    return accepted;
  }
}
