import type { Command } from '@leadstream/lead/command';
import type { Sequence } from '@leadstream/sequences/definition';
import { routeByTag } from '@leadstream/sequences/routes';
import type { Act } from '@leadstream/sequences/simulator/world';
import type { Fault } from '@leadstream/sandbox-esp/client';

/** The clock of both worlds moves in these steps: what one step holds happens in one order. */
export const TICK_MS = 30 * 60_000;
const HOUR = 2;
const DAY = 24 * HOUR;

/** Acts of a person or an operator after a mail. */
type Deed =
  | { does: 'answers'; text: string }
  | { does: 'is away'; lastDay: string }
  | { does: 'clicks' | 'bounces' | 'complains' | 'unsubscribes' }
  | { does: 'command'; command: (sequences: readonly Sequence[]) => Command };
export type Due = Deed & { afterTicks: number };

/** The provider's answers to a lead's first calls, in their order; then it accepts. */
export type Answer = 'rate-limited' | 'server-error' | 'permanent' | 'timeout' | 'timeout, but taken';

export interface Fate {
  name: string;
  answers?: readonly Answer[];
  /** By the number of the mail to the lead, from 1. */
  after?: Readonly<Record<number, readonly Due[]>>;
  /** Another submission, so much later. */
  submitsAgain?: { source: string; afterTicks: number };
}

const by = 'an operator';
const demo = (sequences: readonly Sequence[]) => routeByTag('source:demo_request', sequences);
const nurture = (sequences: readonly Sequence[]) => routeByTag('source:whitepaper', sequences);
const command = (afterTicks: number, one: Extract<Deed, { does: 'command' }>['command']): Due => ({
  does: 'command',
  afterTicks,
  command: one,
});

export const FATES: readonly Fate[] = [
  { name: 'is silent' },
  { name: 'answers the first mail', after: { 1: [{ afterTicks: 3 * HOUR, does: 'answers', text: 'Call me.' }] } },
  { name: 'answers the second mail', after: { 2: [{ afterTicks: 1, does: 'answers', text: 'Who is this?' }] } },
  { name: 'is away', after: { 1: [{ afterTicks: HOUR, does: 'is away', lastDay: '2030-04-08' }] } },
  { name: 'clicks', after: { 1: [{ afterTicks: 5, does: 'clicks' }], 2: [{ afterTicks: 1, does: 'clicks' }] } },
  { name: 'bounces', after: { 1: [{ afterTicks: 1, does: 'bounces' }] } },
  { name: 'complains', after: { 2: [{ afterTicks: DAY, does: 'complains' }] } },
  { name: 'unsubscribes', after: { 1: [{ afterTicks: DAY + 1, does: 'unsubscribes' }] } },
  {
    name: 'is paused and resumed',
    after: {
      1: [command(HOUR, () => ({ kind: 'pause', by })), command(3 * DAY + 3, () => ({ kind: 'resume', by }))],
    },
  },
  { name: 'is paused', after: { 1: [command(DAY, () => ({ kind: 'pause', by }))] } },
  {
    name: 'is moved to another sequence',
    after: { 1: [command(2 * HOUR, (all) => ({ kind: 'move', by, route: demo(all), step: 1 }))] },
  },
  { name: 'is restarted', after: { 2: [command(DAY, (all) => ({ kind: 'restart', by, route: nurture(all) }))] } },
  {
    name: 'answers, and is restarted',
    after: {
      1: [
        { afterTicks: HOUR, does: 'answers', text: 'Not now.' },
        command(DAY, (all) => ({ kind: 'restart', by, route: nurture(all) })),
      ],
    },
  },
  { name: 'is tagged', after: { 1: [command(1, () => ({ kind: 'tag', by, add: ['vip'], remove: [] }))] } },
  {
    name: 'becomes a customer',
    after: { 1: [command(1, () => ({ kind: 'tag', by, add: ['customer'], remove: [] }))] },
  },
  { name: 'meets a full provider', answers: ['rate-limited'] },
  { name: 'meets a broken provider', answers: ['server-error'] },
  { name: 'is deferred', answers: Array<Answer>(6).fill('server-error') },
  { name: 'is refused', answers: ['permanent'] },
  { name: 'has a mail of unknown outcome', answers: ['timeout'] },
  { name: 'has a mail that the provider tells of later', answers: ['timeout, but taken'] },
  { name: 'asks for a demo, too', submitsAgain: { source: 'demo_request', afterTicks: DAY + 5 } },
  { name: 'downloads again', submitsAgain: { source: 'content_download_kubernetes_guide', afterTicks: 6 * DAY } },
];

const dayAfter = (day: string): string => `${Temporal.PlainDate.from(day).add({ days: 1 }).toString()}T00:00:00Z`;

/** The deed as the simulator's input; `sendId` is of the mail that it follows. */
export function actOf(deed: Deed, sendId: string, sequences: readonly Sequence[]): Act {
  switch (deed.does) {
    case 'answers':
      return { fact: { kind: 'replied', class: 'human', matchedBy: 'token', text: deed.text } };
    case 'is away':
      return {
        fact: { kind: 'replied', class: 'out-of-office', matchedBy: 'token', until: dayAfter(deed.lastDay) },
      };
    case 'clicks':
      return { fact: { kind: 'clicked', sendId } };
    case 'bounces':
      return { fact: { kind: 'bounced', sendId } };
    case 'complains':
      return { fact: { kind: 'complained', sendId } };
    case 'unsubscribes':
      return { fact: { kind: 'unsubscribed', sendId, via: 'provider' } };
    case 'command':
      return { command: deed.command(sequences) };
  }
}

/** The answer as the sandbox gives it, longer than the sender waits for a timeout. */
export const FAULTS = {
  'rate-limited': { status: 429, retryAfter: 0 },
  'server-error': { status: 503 },
  permanent: { status: 400 },
  timeout: { latencyMs: 60_000, drop: 'before' },
  'timeout, but taken': { latencyMs: 60_000 },
} satisfies Record<Answer, Fault>;
