import { Option } from 'commander';
import { NOTE_MAX } from '@leadstream/contracts/events';
import type { Command } from '@leadstream/lead/command';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { repOf, routesOf, targetOf } from '@leadstream/service/targets';
import { withBroker } from './session.ts';

export type Who = Pick<Command, 'by' | 'reason'>;

export interface VerbOptions {
  althoughAway?: boolean;
}

/** An operator's verb, for one lead and for many. */
export interface Verb {
  name: string;
  /** Its own arguments as `--help` shows them. */
  words: readonly string[];
  does: string;
  /** Values of the arguments, for the examples. */
  example: readonly string[];
  /** The reason in the example for one lead. */
  why?: string;
  /** Leads and reason in the example for many. */
  many: readonly [leads: string, why?: string];
  options?: readonly Option[];
  /** It keeps no other reason. */
  isItsReason?: true;
  /** Checks the arguments against what is deployed. */
  command(who: Who, words: readonly string[], options: VerbOptions): Command | Promise<Command>;
}

const store = () => withBroker((broker, replicas) => new SequenceStore(broker, replicas).read());

const HOLDS: Verb[] = [
  {
    name: 'pause',
    words: [],
    does: 'nothing goes to it until it is resumed; the rep is told as before',
    example: [],
    why: 'is on the phone with us',
    many: ['--status active --sequence sales-demo', 'prices change on Monday'],
    command: (who) => ({ ...who, kind: 'pause' }),
  },
  {
    name: 'resume',
    words: [],
    does: 'goes on after a pause or a hold by unproven answers; keeps the rest of its wait, plans late mail again',
    example: [],
    why: 'the outage is over',
    many: ['--status paused --sequence sales-demo', 'the new prices are live'],
    options: [new Option('--although-away', 'also ends an out-of-office: writes before the day of return')],
    command: (who, _, { althoughAway = false }) => ({ ...who, kind: 'resume', althoughAway }),
  },
  {
    name: 'stop',
    words: [],
    does: 'no more mail: the person told one of us; a restart lifts it',
    example: [],
    why: 'said so on the phone',
    many: ['--tag source:old-list', 'no consent for this list'],
    command: (who) => ({ ...who, kind: 'stop', at: Temporal.Now.instant().toString() }),
  },
];

/** Commands that begin another run. */
const RUNS: Verb[] = [
  {
    name: 'restart',
    words: [],
    does: 'its last sequence again, from the first step; lifts an answer, a stop in words and a decline',
    example: [],
    why: 'wants to hear from us again',
    many: ['--ids again.txt', 'the mails had a broken link'],
    command: async (who) => ({ ...who, kind: 'restart', routes: routesOf(await store()) }),
  },
  {
    name: 'move',
    words: ['<sequence>', '<step>'],
    does: 'to a step, by its id or its place from 0, of a deployed sequence; the step’s own wait begins now',
    example: ['content-nurture', 'second'],
    many: ['--sequence content-nurture --step first', 'the first mail is out of date'],
    command: async (who, [sequence = '', step = '']) => ({
      ...who,
      kind: 'move',
      ...targetOf(await store(), sequence, step),
    }),
  },
  {
    name: 'enrol',
    words: ['<sequence>'],
    does: 'in a deployed sequence, from its first step; lifts no stop, as restart does',
    example: ['sales-demo'],
    many: ['--status completed --source webinar', 'asked for a demo at the fair'],
    command: async (who, [sequence = '']) => ({ ...who, kind: 'move', ...targetOf(await store(), sequence, '0') }),
  },
];

/** Commands that record something of the lead, and leave its run alone. */
const RECORDS: Verb[] = [
  {
    name: 'tag',
    words: ['<tag>'],
    does: 'adds a tag; conditions and exits of sequences read tags',
    example: ['customer'],
    many: ['--ids customers.txt', 'bought last week'],
    command: (who, [tag = '']) => ({ ...who, kind: 'tag', add: [tagOf(tag)], remove: [] }),
  },
  {
    name: 'untag',
    words: ['<tag>'],
    does: 'removes a tag',
    example: ['customer'],
    many: ['--tag customer --source trade_fair', 'imported by mistake'],
    command: (who, [tag = '']) => ({ ...who, kind: 'tag', add: [], remove: [tagOf(tag)] }),
  },
  {
    name: 'assign',
    words: ['<rep>'],
    does: 'gives it to a rep of reps.yaml, who gets its notices and in whose name mails of sequences with reps go out',
    example: ['ben'],
    many: ['--status active --sequence sales-demo', 'ben takes over from eve'],
    command: async (who, [rep = '']) => ({ ...who, kind: 'assign', rep: repOf(await store(), rep) }),
  },
  {
    name: 'note',
    words: ['<text>'],
    does: `keeps a note of at most ${NOTE_MAX} characters, sealed with the lead’s own key`,
    example: ['"prefers to be called"'],
    many: ['--ids fair.txt'],
    isItsReason: true,
    command: ({ by }, [text = '']) => ({ by, kind: 'note', text: noteOf(text) }),
  },
];

export const VERBS: readonly Verb[] = [...HOLDS, ...RUNS, ...RECORDS];

const TAG_LENGTH_MAX = 100;

function tagOf(tag: string): string {
  // MongoDB stores half a surrogate pair as another character, which no query finds.
  if (!/^[^\s\p{Cc}\p{Cf}\p{Cs}]+$/u.test(tag) || tag.length > TAG_LENGTH_MAX)
    throw new Error(`a tag has 1 to ${TAG_LENGTH_MAX} visible characters, and no space among them`);
  return tag;
}

function noteOf(text: string): string {
  if (text.trim() === '' || text.length > NOTE_MAX) throw new Error(`a note has 1 to ${NOTE_MAX} characters`);
  return text;
}
