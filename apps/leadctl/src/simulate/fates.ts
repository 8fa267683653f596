import type { Mail } from '@leadstream/sequences/simulator/mail';
import type { Act, Setting } from '@leadstream/sequences/simulator/world';
import { stableDraw } from '@leadstream/sequences/stable-draw';

/** Shares of the mails to leads, 0 to 1; `bounces` are a share of the leads. */
export interface Rates {
  replies: number;
  away: number;
  clicks: number;
  bounces: number;
  unsubscribes: number;
  complaints: number;
}

/** Of a list of people who have asked for something. */
export const USUAL: Rates = {
  replies: 0.03,
  away: 0.02,
  clicks: 0.05,
  bounces: 0.01,
  unsubscribes: 0.005,
  complaints: 0.0005,
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The acts of people after a mail. Each is drawn for the lead and the step: another quota or window changes none. */
export function reactions(rates: Rates, seed: number): NonNullable<Setting['react']> {
  return (mail, leadId) => {
    if (mail.audience !== 'lead') return [{ afterMs: 0, act: delivered(mail) }];
    const draw = (what: string) => stableDraw(leadId, `simulate/${seed}/${what}`);
    if (draw('bounces') < rates.bounces)
      return [{ afterMs: MINUTE_MS, act: { fact: { kind: 'bounced', sendId: mail.sendId } } }];
    const step = `${mail.sequence}/${mail.step}`;
    const clicks = draw(`clicks/${step}`) < rates.clicks;
    const answer = answerOf(mail, rates, (what) => draw(`${what}/${step}`));
    return [
      { afterMs: 0, act: delivered(mail) },
      ...(clicks
        ? [
            {
              afterMs: between(2 * MINUTE_MS, DAY_MS, draw(`clicked/${step}`)),
              act: { fact: { kind: 'clicked', sendId: mail.sendId } as const },
            },
          ]
        : []),
      ...(answer ? [answer] : []),
    ];
  };
}

const delivered = ({ sendId }: Mail): Act => ({ fact: { kind: 'delivered', sendId } });

/** One of them at most: a person who complains does not answer, too. */
function answerOf(
  { at, sendId }: Mail,
  { complaints, unsubscribes, replies, away }: Rates,
  draw: (what: string) => number,
): { afterMs: number; act: Act } | undefined {
  const later = (fromMs: number, toMs: number) => between(fromMs, toMs, draw('later'));
  let left = draw('answers');
  if ((left -= complaints) < 0)
    return { afterMs: later(HOUR_MS, 2 * DAY_MS), act: { fact: { kind: 'complained', sendId } } };
  if ((left -= unsubscribes) < 0)
    return { afterMs: later(MINUTE_MS, DAY_MS), act: { fact: { kind: 'unsubscribed', via: 'page' } } };
  if ((left -= replies) < 0)
    return {
      afterMs: later(5 * MINUTE_MS, 3 * DAY_MS),
      act: { fact: { kind: 'replied', class: 'human', matchedBy: 'token' } },
    };
  if ((left -= away) >= 0) return undefined;
  const backMs = Math.floor(Date.parse(at) / DAY_MS + 1 + draw('back') * 14) * DAY_MS;
  const until = Temporal.Instant.fromEpochMilliseconds(backMs).toString();
  return { afterMs: MINUTE_MS, act: { fact: { kind: 'replied', class: 'out-of-office', matchedBy: 'token', until } } };
}

/** More often soon than late: uniform in the logarithm. */
const between = (fromMs: number, toMs: number, draw: number): number => Math.round(fromMs * (toMs / fromMs) ** draw);
