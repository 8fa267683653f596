import type { Recorded } from '@leadstream/contracts/events';
import type { Post } from './calls.ts';
import type { Esp, Mail } from './esp.ts';
import { repsOf } from './reps.ts';

type Claim = Recorded<'lead.send-started'>;

/** Violations around notices in a chat: whom it tells, how often, and what follows a post that failed. */
export function chatFaults(events: readonly Recorded[], { chats, mails }: Esp): string[] {
  const claims = events.filter((event) => event.type === 'lead.send-started');
  const inChat = claims.filter(({ data }) => data.channel === 'chat');
  if (inChat.length === 0) return chats.posts.map(({ sendId }) => `${sendId} was posted without a claim for a chat`);
  const steps = Map.groupBy(claims, ({ data }) => `step ${data.step} of run ${data.runId}`);
  return [
    ...chats.posts.flatMap((post) => {
      const claim = claims.find(({ data }) => data.sendId === post.sendId);
      return claim ? misposted(events, claim, post, chats) : [`${post.sendId} was posted without a claim`];
    }),
    ...[...steps].flatMap(([step, ofStep]) => toldTwice(events, ofStep, { step, posts: chats.posts, mails })),
    ...inChat.flatMap((claim) => outcomeFaults(events, claim)),
    ...inChat.flatMap((claim) => postedAgain(events, claim, inChat)),
  ];
}

/** A claim for a chat is posted, to that of the rep, and to no lead. */
function misposted(events: readonly Recorded[], claim: Claim, { sendId, to }: Post, chats: Esp['chats']): string[] {
  const { audience, channel } = claim.data;
  const wanted = repsOf(events, claim).map((rep) => chats.of(rep)?.url);
  return [
    ...(audience === 'staff' ? [] : [`${sendId} of a lead was posted to a chat`]),
    ...(channel === 'chat' ? [] : [`${sendId}, claimed by ${channel}, was posted to a chat`]),
    ...(wanted.includes(to) ? [] : [`${sendId} was posted to ${to}, which is not the rep's`]),
  ];
}

/** A rep is told once, except by the mail after a post of which the log knew nothing then. */
function toldTwice(
  events: readonly Recorded[],
  ofStep: readonly Claim[],
  { step, posts, mails }: { step: string; posts: readonly Post[]; mails: readonly Mail[] },
): string[] {
  const ids = new Map(ofStep.map(({ seq, data }) => [data.sendId, seq]));
  const [first, ...more] = posts.filter(({ sendId }) => ids.has(sendId));
  if (!first) return [];
  const firstSeq = ids.get(first.sendId) ?? 0;
  const unknown = events.find(({ type, data }) => type === 'lead.send-unknown' && data.sendId === first.sendId);
  // The provider returned an error for a mail that it had accepted: nobody could know.
  const others = mails.filter(({ sendId, answered }) => ids.has(sendId) && answered !== 'error');
  return [
    ...more.map(({ sendId }) => `${sendId} posts ${step} a second time`),
    ...others
      .filter(({ sendId }) => {
        const seq = ids.get(sendId) ?? 0;
        return seq < firstSeq || unknown === undefined || seq < unknown.seq;
      })
      .map(({ sendId }) => `${sendId} tells the rep ${step} again, and ${first.sendId} was not unknown`),
  ];
}

/** What is said of a post says so, and asks nothing of an operator; a refusal has the mail follow at once. */
const outcomeFaults = (events: readonly Recorded[], { data: { sendId } }: Claim): string[] =>
  events.flatMap(({ type, seq, at, data }) => {
    if (!('sendId' in data) || data.sendId !== sendId) return [];
    return [
      ...('channel' in data && data.channel !== 'chat' ? [`${seq} is of a post, and says ${data.channel}`] : []),
      ...(type === 'lead.send-failed' ? [`${seq} ends a post, and an operator is asked`] : []),
      ...(type === 'lead.send-deferred' && Temporal.Instant.compare(data.retryAt, at) > 0
        ? [`${seq} has the rep wait for a mail until ${data.retryAt}`]
        : []),
    ];
  });

/** A post that failed, or is unknown, is followed by the mail; only one that was given back is claimed again. */
function postedAgain(events: readonly Recorded[], { seq, data }: Claim, inChat: readonly Claim[]): string[] {
  const next = inChat.find(
    (other) =>
      other.seq > seq &&
      other.data.runId === data.runId &&
      other.data.step === data.step &&
      other.data.previous?.sendId !== data.sendId,
  );
  const said = events.filter(
    (event) => event.seq < (next?.seq ?? 0) && 'sendId' in event.data && event.data.sendId === data.sendId,
  );
  const ended = said.find(({ type }) => type === 'lead.send-deferred' || type === 'lead.send-unknown');
  return next && ended && !said.some(({ type }) => type === 'lead.send-skipped')
    ? [`${next.seq} posts again what ${ended.seq} said a chat did not take`]
    : [];
}
