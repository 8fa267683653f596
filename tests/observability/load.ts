import { setTimeout as delay } from 'node:timers/promises';
import { CONSENT, freshNumber } from '../e2e/texted.ts';
import { AS_FORM, AS_TRUSTED, type System } from './system.ts';

const ANSWER_MS_MAX = 5_000;
const LOOK_EVERY_MS = 2_000;
/** Reactions of people to a mail, in turn. */
const REACTIONS = ['reply', 'none', 'click', 'none', 'unsubscribe', 'none', 'bounce', 'none'] as const;
const SOURCES = ['whitepaper', 'demo_request', 'texted', 'content_download_guide', 'trade fair', 'texted'];

/** People who submit forms and react to their mails until `signal` aborts; a form that fails is not repeated. */
export async function people(system: System, perSecond: number, signal: AbortSignal): Promise<void> {
  const submitting = (async () => {
    for (let number = 0; !signal.aborted; number++) {
      void submit(system, number);
      await delay(1_000 / perSecond, undefined, { signal }).catch(() => undefined);
    }
  })();
  await Promise.all([submitting, reacting(system, signal)]);
}

async function submit({ ingest }: System, number: number): Promise<void> {
  const source = SOURCES[number % SOURCES.length];
  const email = `lead.${Date.now()}.${number}@example.com`;
  const isTexted = source === 'texted';
  const body = { email, leadData: { source }, ...(isTexted ? { phone: freshNumber(), consent: CONSENT } : {}) };
  await post(`${ingest}/v1/leads`, body, isTexted ? AS_TRUSTED : AS_FORM);
}

async function reacting({ esp, gateway }: System, signal: AbortSignal): Promise<void> {
  let turn = 0;
  while (!signal.aborted) {
    // The provider may be killed or frozen at any moment.
    const mails = await within(esp.messages()).catch(() => []);
    for (const { id: messageId, to } of mails.filter((mail) => mail.to.startsWith('lead.'))) {
      const reaction = REACTIONS[turn++ % REACTIONS.length] ?? 'none';
      if (reaction === 'none' || !to) continue;
      const told =
        reaction === 'reply'
          ? esp.reply({ messageId, text: 'Thank you, please call me.' })
          : esp.event({ messageId, event: reaction });
      await within(told).catch(() => undefined);
    }
    // Neither mailbox grows.
    for (const { clear } of [esp, gateway]) await within(Promise.resolve(clear())).catch(() => undefined);
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A form without an address, and webhooks with another secret and without a signature. */
export async function strangers({ ingest, inbound }: System): Promise<void> {
  await post(`${ingest}/v1/leads`, { email: 'nobody' }, AS_FORM);
  await post(`${inbound}/v1/sendgrid/events`, []);
  await post(`${inbound}/v1/sendgrid/inbound/another-secret`, {});
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<void> {
  await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  })
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
}

const within = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    delay(ANSWER_MS_MAX).then((): never => {
      throw new Error(`no answer within ${ANSWER_MS_MAX} ms`);
    }),
  ]);
