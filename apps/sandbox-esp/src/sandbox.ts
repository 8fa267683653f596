import type { SandboxMessage } from './client.ts';
import { Esp, type SandboxOptions, type Targets } from './esp.ts';
import { serve } from './routes.ts';
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
  /** The accepted mails, oldest first. */
  messages(): readonly SandboxMessage[];
  setTargets(targets: Targets): void;
  close(): Promise<void>;
}

/** Starts a sandbox ESP with SendGrid's API, on 127.0.0.1 unless `host` is given. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const esp = new Esp(options);
  const server = serve(esp);
  const url = await server.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' });
  return {
    url,
    port: Number(new URL(url).port),
    publicKey: esp.key.publicKey,
    login: esp.login,
    secret: esp.secret,
    topic: TOPIC,
    messages: () => esp.mailbox.all,
    setTargets: (targets) => esp.setTargets(targets),
    close: async () => {
      esp.close();
      await server.close();
    },
  };
}
