import type { SandboxMessage } from './client.ts';
import { Esp, type SandboxOptions, type Targets } from './esp.ts';
import { serve } from './routes.ts';
import { serveSmtp } from './smtp.ts';
import { TOPIC } from './sns-webhook.ts';

export interface Sandbox {
  url: string;
  port: number;
  /** For SENDGRID_EVENT_PUBLIC_KEYS. */
  publicKey: string;
  /** For POSTMARK_WEBHOOK_LOGINS. */
  login: string;
  /** For MAILGUN_SIGNING_KEYS and AWS_SECRET_ACCESS_KEY. */
  secret: string;
  /** For SNS_TOPIC_ARNS. */
  topic: string;
  /** For SMTP_HOST and SMTP_PORT, with SMTP_TLS=none. */
  smtp: { host: string; port: number };
  /** The accepted mails, oldest first. */
  messages(): readonly SandboxMessage[];
  setTargets(targets: Targets): void;
  close(): Promise<void>;
}

/** Starts a sandbox ESP with all APIs and a mail server, on 127.0.0.1 unless `host` is given. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const esp = new Esp(options);
  const server = serve(esp);
  const host = options.host ?? '127.0.0.1';
  const url = await server.listen({ port: options.port ?? 0, host });
  const smtp = await serveSmtp(esp, { host, port: options.smtpPort ?? 0 });
  return {
    url,
    port: Number(new URL(url).port),
    publicKey: esp.key.publicKey,
    login: esp.login,
    secret: esp.secret,
    topic: TOPIC,
    smtp,
    messages: () => esp.mailbox.all,
    setTargets: (targets) => esp.setTargets(targets),
    close: async () => {
      esp.close();
      await Promise.all([smtp.close(), server.close()]);
    },
  };
}
