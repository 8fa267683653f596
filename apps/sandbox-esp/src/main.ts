import { Command } from 'commander';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { wholeNumber } from '@leadstream/testing/options';
import { startSandbox } from './sandbox.ts';

/** The key in this file, created at the first start, so that the public key in a service's environment stays valid. */
function keyFrom(file: string): string {
  try {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8');
}

interface Flags {
  port: number;
  smtpPort: number;
  host: string;
  eventUrl?: string;
  inboundUrl?: string;
  apiKey?: string;
  keyFile?: string;
  autoEvents: boolean;
  repeatEvents: number;
}

const { keyFile, ...options } = new Command('sandbox-esp')
  .description(
    'An ESP for development: answers as SendGrid, Postmark, Mailgun, SES, a mail server and Twilio do, sends ' +
      'nothing, shows the mails in a mailbox page',
  )
  .option('--port <port>', 'port to listen on, 0 for a free one', wholeNumber(), 3900)
  .option('--smtp-port <port>', 'port of the mail server, 0 for a free one', wholeNumber(), 3925)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--event-url <url>', 'where signed events are posted (Event Webhook)')
  .option('--inbound-url <url>', 'where replies are posted (Inbound Parse)')
  .option('--api-key <key>', 'the only key that is let in (default: any)')
  .option(
    '--key-file <file>',
    'private key (PEM) that signs events, made when it is not there (default: a fresh one each start)',
  )
  .option('--no-auto-events', 'do not post processed and delivered by itself')
  .option('--repeat-events <n>', 'post each webhook so many times', wholeNumber(), 1)
  .showHelpAfterError()
  .parse()
  .opts<Flags>();

const sandbox = await startSandbox({
  ...options,
  ...(keyFile ? { privateKey: keyFrom(keyFile) } : {}),
  log: (line) => console.log(line),
});
console.log(
  `Mailbox: ${sandbox.url}\nSENDGRID_BASE_URL=${sandbox.url}\nSENDGRID_EVENT_PUBLIC_KEYS=${sandbox.publicKey}\n` +
    `POSTMARK_BASE_URL=${sandbox.url}\nPOSTMARK_WEBHOOK_LOGINS=${sandbox.login}\n` +
    `MAILGUN_BASE_URL=${sandbox.url}\nMAILGUN_SIGNING_KEYS=${sandbox.secret}\n` +
    `SES_BASE_URL=${sandbox.url}\nAWS_SECRET_ACCESS_KEY=${sandbox.secret}\n` +
    `TWILIO_BASE_URL=${sandbox.url}\nTWILIO_AUTH_TOKENS=${sandbox.secret}\n` +
    `SNS_BASE_URL=${sandbox.url}/sns\nSNS_TOPIC_ARNS=${sandbox.topic}\n` +
    `SMTP_HOST=${sandbox.smtp.host}\nSMTP_PORT=${sandbox.smtp.port}\nSMTP_TLS=none`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
