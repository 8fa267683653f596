import type { Recorded } from '@leadstream/contracts/events';
import type { Claim } from '@leadstream/verify/claims';
import { claimsBetween } from '@leadstream/verify/restored';
import { standingAfter, stopOf, unhindered } from '@leadstream/verify/standing';
import type { Esp } from './esp.ts';
import type { Restored } from './runtime.ts';

/** A call that was under way when the hold was recorded. */
const UNDER_WAY_MS = 100;

/**
 * Violations after a restore: mails while the log is held, mails after a stop that the read model knew, and repeated
 * mails.
 */
export function restoreFaults(
  events: readonly Recorded[],
  claims: readonly Claim[],
  { calls, mails, chats }: Esp,
  restored: Restored,
): string[] {
  const {
    atMs,
    endSeq,
    lost,
    known,
    isNoticeable,
    heldMs,
    heldSeq,
    confirmedMs = Infinity,
    confirmedSeq = 0,
  } = restored;
  const all = [...lost, ...events];
  const claimOf = (id: string) =>
    all.find(
      (event): event is Recorded<'lead.send-started'> => event.type === 'lead.send-started' && event.data.sendId === id,
    );
  const kept = events.filter(({ seq }) => seq <= endSeq);
  const standing = [...kept, ...known].reduce(standingAfter, unhindered);
  const isLifted = events.some(({ type, seq }) => seq > endSeq && type === 'lead.restarted');
  const before = [...kept, ...known]
    .filter((event): event is Recorded<'lead.send-started'> => event.type === 'lead.send-started')
    .map(({ data }) => data.sendId);
  // A refused mail is sent again by a claim of its own.
  const wasPosted = (id: string) =>
    [...kept, ...known].some(({ type, data }) => type === 'lead.sent' && data.sendId === id);
  const sent = [
    ...mails.filter(({ sendId, answered }) => answered !== 'error' && before.includes(sendId)),
    // The mail follows a post of which the read model knew nothing.
    ...chats.posts.filter(({ sendId }) => wasPosted(sendId)),
  ];
  const stepOf = (sendId: string) => {
    const data = claimOf(sendId)?.data;
    return data && `${data.runId}/${data.step}`;
  };
  const since = mails.filter(
    (mail) =>
      mail.atMs > atMs &&
      !before.includes(mail.sendId) &&
      !lost.some(({ data }) => 'sendId' in data && data.sendId === mail.sendId),
  );
  return [
    ...(confirmedMs === Infinity && known.length > 0
      ? [`no guard has held the log that ends at ${endSeq}, and the read model had ${known.at(-1)?.seq}`]
      : []),
    // A witness that lands after the restore is found by a later judgement, and cannot forbid claims before it.
    ...claimsBetween(claims, { endSeq: isNoticeable ? endSeq : (heldSeq ?? endSeq), confirmedSeq }).map(
      ({ says }) => says,
    ),
    ...calls
      .filter((call) => heldMs !== undefined && call.atMs > heldMs + UNDER_WAY_MS && call.atMs < confirmedMs)
      .map(({ sendId }) => `the provider was called for ${sendId} while the log was held`),
    ...(stopOf(standing, '') === null || isLifted
      ? []
      : since
          .filter(({ toStaff }) => !toStaff)
          .map(({ sendId }) => `${sendId} went out after a stop that the read model knew`)),
    ...since
      .filter(({ sendId }) => sent.some((other) => stepOf(other.sendId) === stepOf(sendId)))
      .map(({ sendId }) => `${sendId} repeats a mail that the read model had as sent`),
  ];
}
