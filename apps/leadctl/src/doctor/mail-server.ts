import type { Ended } from '@leadstream/providers/smtp/client';
import { failed, passed, skipped, type Check } from './check.ts';

const ANSWER_MS = 10_000;

/** Whether the mail server takes the login, over TLS unless it is off; sends nothing. */
export async function mailServerCheck(access: Readonly<Record<string, string | undefined>>): Promise<Check> {
  const { SMTP_HOST: host, SMTP_PORT: port = '587', SMTP_USER: user, SMTP_PASSWORD: password, SMTP_TLS: tls } = access;
  if (!host) return skipped('provider', 'SMTP_HOST is not set here');
  const where = `${host}:${port}`;
  const { smtpLogin } = await import('@leadstream/providers/smtp/send');
  const { step, code, reply } = await smtpLogin({
    SMTP_HOST: host,
    SMTP_PORT: Number(port),
    SMTP_USER: user || undefined,
    SMTP_PASSWORD: password || undefined,
    SMTP_TLS: tls === 'tls' || tls === 'none' ? tls : 'starttls',
    SMTP_CA: access['SMTP_CA'] || undefined,
    SMTP_RETURN_PATH: 'reply-address',
    ESP_TIMEOUT_MS: ANSWER_MS,
  }).catch((): Ended => ({ step: 'connection', code: 'SMTP_CA', isWritten: false }));
  if (code === '') return passed('provider', `${where} takes ${user ? 'the login' : 'a session without a login'}`);
  if (step === 'login')
    return failed(
      'provider',
      `${where} refuses the login (${reply?.code ?? code})`,
      'replace SMTP_USER and SMTP_PASSWORD, restart the senders',
    );
  if (reply)
    return failed('provider', `${where} answers ${reply.code}`, 'see SMTP_PORT, SMTP_TLS and the server’s log');
  return failed(
    'provider',
    `${where} gives no session (${code})`,
    'see the network policy, SMTP_HOST, SMTP_PORT, SMTP_TLS',
  );
}
