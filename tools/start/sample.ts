import { setTimeout as delay } from 'node:timers/promises';
import { parseRecorded } from '@leadstream/contracts/envelope';
import { logOf } from '@leadstream/contracts/streams';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { open } from '@leadstream/eventlog/sealing';
import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import { LeadQueries } from '@leadstream/projection/queries';
import { openDb } from '@leadstream/service/dependencies';
import { eventually } from '@leadstream/testing/eventually';
import { DeliverPolicy } from '@nats-io/jetstream';
import { line } from '@leadstream/lead/timeline';
import type { LocalStack } from './local-stack.ts';

export class SampleFailed extends Error {}

export interface Sample {
  email: string;
  id: string;
}
type Print = (text: string) => void;

/** Posts a lead with an unused address, as a form would. */
export async function sendSample(stack: LocalStack, print: Print): Promise<Sample> {
  const email = `sample-${Date.now().toString(36)}${crypto.randomUUID().slice(0, 8)}@example.com`;
  const response = await fetch(`${stack.ingest}/v1/leads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email,
      firstName: 'Jane',
      lastName: 'Doe',
      phone: '+15551234567',
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      leadData: {
        source: 'content_download_kubernetes_guide',
        medium: 'paid_search',
        campaign: 'q4',
        pageURL: 'https://example.com/guides/kubernetes-cost-optimization',
      },
    }),
  });
  if (response.status !== 202)
    throw new SampleFailed(`the sample lead was refused: ${response.status} ${await response.text()}`);
  print(`\nsample lead ${email}`);
  print(
    `${new Date().toISOString().slice(11, 23)}  ingest     lead.created        202, ` +
      `trace ${response.headers.get('traceresponse')?.split('-')[1] ?? '-'}`,
  );
  return { email, id: leadId(stack.env.LEAD_ID_SECRET, canonicalAddress(email) ?? '') };
}

/**
 * Prints the lead's events as they are appended. With `replyOnce` it replies to the first mail, waits until the next
 * one would have been due, and resolves when no mail was sent; throws SampleFailed otherwise.
 */
export async function follow(
  stack: LocalStack,
  { email, id }: Sample,
  print: Print,
  { replyOnce = false, timeoutMs = 0 } = {},
): Promise<void> {
  const broker = Broker.open({ servers: stack.nats, name: 'start' }, silentLog);
  const keys = new Keyring(broker, [stack.env.DATA_KEYS]);
  try {
    await broker.ready();
    const consumer = await broker.js().consumers.get(logOf(id, broker.partitions).stream, {
      filter_subjects: logOf(id, broker.partitions).filter,
      deliver_policy: DeliverPolicy.All,
    });
    const messages = await consumer.consume();
    const late = setTimeout(() => messages.stop(), timeoutMs || 2 ** 31 - 1);
    const seen: Recorded[] = [];
    for await (const message of messages) {
      const event = parseRecorded(message);
      seen.push(event);
      print(line(await open(event, keys, false)));
      if (replyOnce && event.type === 'lead.delivered') await reply(stack, email, print);
      if (replyOnce && event.type === 'lead.replied') messages.stop();
      if (!replyOnce && event.type === 'lead.sequence-completed') messages.stop();
    }
    clearTimeout(late);
    if (replyOnce) await expectStopped(stack, { email, id }, seen, print);
  } finally {
    await broker.close();
  }
}

async function reply(stack: LocalStack, email: string, print: Print): Promise<void> {
  const [mail] = stack.sandbox.messages().filter(({ to }) => to === email);
  if (!mail) throw new SampleFailed('a mail was delivered that the sandbox does not have');
  print(`${' '.repeat(14)}the lead replies to "${mail.subject}"`);
  const response = await fetch(`${stack.sandbox.url}/reply`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messageId: mail.id, text: 'I’m interested, but can we talk next week?' }),
  });
  if (!response.ok) throw new SampleFailed(`the reply was not taken: ${response.status} ${await response.text()}`);
}

async function expectStopped(stack: LocalStack, { email, id }: Sample, seen: Recorded[], print: Print): Promise<void> {
  const missing = [
    'lead.triaged',
    'lead.enrolled',
    'lead.step-due',
    'lead.send-started',
    'lead.sent',
    'lead.delivered',
    'lead.replied',
  ].filter((type) => !seen.some((event) => event.type === type));
  if (missing.length > 0) throw new SampleFailed(`the sample's way has not ended in time: no ${missing.join(', ')}`);
  // The reply may come before any plan after the first mail; then there is no due time to wait for.
  const nextAt = seen.findLast((event) => event.type === 'lead.step-planned')?.data.planned.at;
  if (nextAt) await delay(Math.max(0, Date.parse(nextAt) - Date.now()) + 2_000);
  await using opened = new AsyncDisposableStack();
  const queries = new LeadQueries(openDb({ MONGODB_URI: stack.env.MONGODB_URI }, 'start', opened));
  await eventually(async () => {
    const lead = await queries.lead(id);
    if (lead?.['status'] === 'responded' && lead['nextActionAt'] === null) return true;
    throw new SampleFailed(
      `the lead was not left alone: status ${String(lead?.['status'])}, next action ${String(lead?.['nextActionAt'])}`,
    );
  });
  const mails = stack.sandbox.messages().filter(({ to }) => to === email).length;
  if (mails !== 1) throw new SampleFailed(`the lead got ${mails} mails instead of one`);
  print(
    `${' '.repeat(14)}stopped: status responded, nothing ` +
      `planned${nextAt ? '; the time of the second mail has passed and it was not sent' : ', and one mail sent'}`,
  );
}
