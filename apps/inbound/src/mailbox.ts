import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { WEBHOOKS } from '@leadstream/contracts/feedback';
import type { MailboxSettings } from '@leadstream/providers/smtp/mailbox';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';

/** Held by no HTTP request; one mail at a time, of 1 MiB at most. */
const UNHELD = { require: () => undefined };

/** Reads the mailbox of the reply domain, where one is configured, and stores its mails as a webhook's. */
@Injectable()
export class Mailbox implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly feedback: FeedbackStream,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const settings = mailboxOf(this.config);
    if (!settings) return;
    // imapflow and its packages are 130 modules, which a provider's webhooks do without.
    const { readMailbox } = await import('@leadstream/providers/smtp/mailbox');
    const account = createHash('sha256').update(`${settings.connection.host}/${settings.connection.auth.user}`);
    const name = account.digest('base64url').slice(0, 16);
    this.reading = readMailbox(settings, {
      signal: this.stopping.signal,
      store: (mail, id) => this.feedback.store(WEBHOOKS.smtp.inbound, mail, UNHELD, `imap/${name}/${id}`),
      note: (problem) => this.log.warn({ problem }, 'the mailbox cannot be read'),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.reading;
  }
}

function mailboxOf(config: Config): MailboxSettings | undefined {
  const { IMAP_HOST: host, IMAP_PORT: port, IMAP_USER: user, IMAP_PASSWORD: pass, IMAP_TLS: tls, IMAP_CA } = config;
  if (host === undefined || user === undefined || pass === undefined) return undefined;
  return {
    connection: {
      host,
      port,
      secure: tls === 'tls',
      doSTARTTLS: tls === 'starttls',
      ...(IMAP_CA === undefined ? {} : { tls: { ca: readFileSync(IMAP_CA) } }),
      auth: { user, pass },
    },
    mailbox: config.IMAP_MAILBOX,
  };
}
