import { leadId } from '@leadstream/lead/identity';
import type { Command } from '@leadstream/lead/command';
import { routesOf, targetOf } from '@leadstream/service/targets';
import type { SequenceStore } from '@leadstream/service/sequence-store';
import { chance, type Chance } from './chance.ts';
import type { Person } from './crowd.ts';

/** The answer that an operator got to one call; without one, the connection died or the operator's patience ended. */
export type Told =
  | { as: 'accepted'; version: number; id: string }
  /** `version`: the lead's, at the refusal. */
  | { as: 'refused'; version: number; why: string }
  | { as: 'unknown' };

/** Commands that operators give here. */
export type Drawn = Extract<
  Command,
  { kind: 'pause' | 'resume' | 'stop' | 'restart' | 'move' | 'tag' | 'assign' | 'note' }
>;

/** One command for one lead, with all calls that were made for it under its key. */
export interface Order {
  leadId: string;
  key: string;
  /** Relative to the start. */
  atMs: number;
  command: Drawn;
  /** Whether it holds only for the version that the operator sees before the first call. */
  isForVersion: boolean;
  expectVersion?: number;
  /** Two operators give it at once, under the one key. */
  isGivenTwice: boolean;
  told: Told[];
}

const KINDS = [
  ['pause', 6],
  ['resume', 3],
  ['stop', 1],
  ['restart', 3],
  ['move', 3],
  ['enrol', 1],
  ['tag', 2],
  ['untag', 1],
  ['assign', 1],
  ['note', 1],
] as const satisfies readonly (readonly [string, number])[];
type Kind = (typeof KINDS)[number][0];

const TARGETS: readonly (readonly [readonly [sequence: string, step: string], number])[] = [
  [['content-nurture', '0'], 2],
  [['content-nurture', 'second'], 2],
  [['sales-demo', '0'], 1],
  [['sales-demo', 'confirm'], 1],
  [['re-engagement', '0'], 1],
];
const REPS = [
  ['ana', 1],
  ['ben', 1],
] as const;
const ORDERS_MAX = 6;
/** Within this time after a lead's first submission its two mails go out. */
const COURSE_MS = 20_000;
/** The longest pause that an operator ends; the others last until the end of the kills. */
const PAUSE_MS_MAX = 8_000;

const often = ({ pick }: Chance, share: number): boolean =>
  pick([
    [true, share],
    [false, 1 - share],
  ]);

/** The commands for the people of `crowd`, drawn from the seed: none for some, several at once for others. */
export function drawOrders(seed: number, crowd: readonly Person[], secret: string, store: SequenceStore): Order[] {
  const drawn = chance(seed, 'operators');
  return crowd.flatMap(({ email, submissions: [first] }, lead) => {
    const count = Math.floor(drawn.between(0, ORDERS_MAX));
    return Array.from({ length: count }, (_, number) => {
      const kind = drawn.pick(KINDS);
      const atMs = (first?.atMs ?? 0) + drawn.between(0, COURSE_MS);
      const order = (of: Kind, name: string, ms: number): Order => ({
        leadId: leadId(secret, email),
        key: `${seed}-${lead}-${number}${name}`,
        atMs: ms,
        command: commandOf(of, `olga-${seed}-${lead}-${number}${name}`, drawn, store),
        isForVersion: often(drawn, 0.2),
        isGivenTwice: often(drawn, 0.2),
        told: [],
      });
      const ends = kind === 'pause' && often(drawn, 0.7);
      return [order(kind, '', atMs), ...(ends ? [order('resume', '-end', atMs + drawn.between(0, PAUSE_MS_MAX))] : [])];
    }).flat();
  });
}

/** Ends what still holds the lead, once all is quiet. */
export const lastResume = (leadIdOf: string): Order => ({
  leadId: leadIdOf,
  key: `last-${leadIdOf}`,
  atMs: 0,
  command: { kind: 'resume', by: `olga-last-${leadIdOf}` },
  isForVersion: false,
  isGivenTwice: false,
  told: [],
});

/** `by` is another one for each order, so that its events are found without its key. */
function commandOf(kind: Kind, by: string, { pick }: Chance, store: SequenceStore): Drawn {
  switch (kind) {
    case 'pause':
    case 'resume':
      return { kind, by, reason: 'drawn' };
    case 'stop':
      return { kind, by, at: Temporal.Now.instant().toString() };
    case 'restart':
      return { kind, by, routes: routesOf(store) };
    case 'move':
      return { kind, by, ...targetOf(store, ...pick(TARGETS)) };
    case 'enrol':
      return { kind: 'move', by, ...targetOf(store, pick(TARGETS)[0], '0') };
    case 'tag':
      return { kind, by, add: ['vip'], remove: [] };
    case 'untag':
      return { kind: 'tag', by, add: [], remove: ['vip'] };
    case 'assign':
      return { kind, by, rep: pick(REPS) };
    case 'note':
      return { kind, by, text: 'called, no answer' };
  }
}
