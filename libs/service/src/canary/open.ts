import type { Broker } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { LeadLists } from '@leadstream/projection/lists';
import type { Db } from 'mongodb';
import { Canary } from './canary.ts';
import type { CanarySettings } from './config.ts';
import type { Mailbox } from './mailbox.ts';
import { sandboxMailbox } from './sandbox-mailbox.ts';

const READ_MS_MAX = 5_000;

/** The canary over these servers, by the clock of this process. It reads no personal data, and appends nothing. */
export async function openCanary(
  settings: CanarySettings,
  servers: { broker: Broker; db: Db },
  stopping: AbortSignal,
): Promise<Canary> {
  const now = () => Temporal.Now.instant();
  const history = (leadId: string) => {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(READ_MS_MAX)]);
    return new EventLog(servers.broker, leadFold, { source: 'watch', now, keys: 'blind', signal }).history(leadId);
  };
  const sight = { lists: new LeadLists(servers.db), history, mailbox: await mailboxOf(settings, stopping) };
  return new Canary(settings, sight, () => now().epochMilliseconds);
}

/** The clients of IMAP and SMTP are imported where a mail server is configured: they take 140 modules. */
const mailboxOf = async ({ mailbox }: CanarySettings, stopping: AbortSignal): Promise<Mailbox> =>
  typeof mailbox === 'string'
    ? sandboxMailbox(mailbox)
    : (await import('./imap-mailbox.ts')).imapMailbox(mailbox, stopping);
