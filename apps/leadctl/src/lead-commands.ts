import type { Command as Program } from 'commander';
import { NOTE_MAX } from '@leadstream/contracts/events';
import type { Command } from '@leadstream/lead/command';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { repOf, routesOf, targetOf } from '@leadstream/service/targets';
import { asked, give, type Asked } from './give.ts';
import { withBroker } from './session.ts';

type Who = Pick<Command, 'by' | 'reason'>;
type Make<Options> = (who: Who, options: Options, ...words: string[]) => Command | Promise<Command>;

const EXIT_CODES = '\nExit codes: 0 done, or done before under the same key; 1 refused, or an error.';

const store = () => withBroker((broker, replicas) => new SequenceStore(broker, replicas).read());

/** The commands of an operator on one lead, each an event with its author and reason. */
export function operatorCommands(lead: Program, idOf: (whom: string) => string): void {
  const verb = <Options>(usage: string, does: string, example: string, make: Make<Options>): Program =>
    asked(lead.command(usage).description(does))
      .addHelpText('after', `\nExample: leadctl lead ${example}\n${EXIT_CODES}`)
      .action(async (whom: string, ...rest: unknown[]) => {
        const words = rest.filter((one) => typeof one === 'string');
        const options = rest[words.length] as Asked & Options;
        const who = { by: options.by, ...(options.reason ? { reason: options.reason } : {}) };
        const leadId = idOf(whom);
        return give(leadId, await make(who, options, ...words), options);
      });
  verb(
    'pause <email|id>',
    'nothing goes to it until it is resumed; the rep is told as before',
    'pause jane@example.com --by ana --reason "is on the phone with us"',
    (who) => ({ ...who, kind: 'pause' }),
  );
  verb<{ althoughAway?: true }>(
    'resume <email|id>',
    'goes on after a pause or a hold by unproven answers: the rest of its wait is kept, late mail is planned again',
    'resume jane@example.com --by ana',
    (who, { althoughAway = false }) => ({ ...who, kind: 'resume', althoughAway }),
  ).option('--although-away', 'also ends an out-of-office: writes before the day of return');
  verb(
    'stop <email|id>',
    'no more mail: the person told one of us; a restart lifts it',
    'stop jane@example.com --by ana --reason "said so on the phone"',
    (who) => ({ ...who, kind: 'stop', at: Temporal.Now.instant().toString() }),
  );
  runVerbs(verb);
  recordVerbs(verb);
}

type Verb = <Options>(usage: string, does: string, example: string, make: Make<Options>) => Program;

/** Commands that begin another run. */
function runVerbs(verb: Verb): void {
  verb(
    'restart <email|id>',
    'its last sequence again, from the first step; lifts an answer, a stop in words and a decline',
    'restart jane@example.com --by ana --reason "wants to hear from us again"',
    async (who) => ({ ...who, kind: 'restart', routes: routesOf(await store()) }),
  );
  verb(
    'move <email|id> <sequence> <step>',
    'to a step, by its id or its place from 0, of a deployed sequence; the step’s own wait begins now',
    'move jane@example.com content-nurture second --by ana',
    async (who, _options, sequence = '', step = '') => ({
      ...who,
      kind: 'move',
      ...targetOf(await store(), sequence, step),
    }),
  );
  verb(
    'enrol <email|id> <sequence>',
    'in a deployed sequence, from its first step; lifts no stop, as restart does',
    'enrol jane@example.com sales-demo --by ana',
    async (who, _options, sequence = '') => ({ ...who, kind: 'move', ...targetOf(await store(), sequence, '0') }),
  );
}

/** Commands that record something of the lead, and leave its run alone. */
function recordVerbs(verb: Verb): void {
  for (const [name, does] of [
    ['tag', 'adds a tag; conditions and exits of sequences read tags'],
    ['untag', 'removes a tag'],
  ] as const)
    verb(`${name} <email|id> <tag>`, does, `${name} jane@example.com customer --by ana`, (who, _options, tag = '') => ({
      ...who,
      kind: 'tag',
      add: name === 'tag' ? [tagOf(tag)] : [],
      remove: name === 'untag' ? [tagOf(tag)] : [],
    }));
  verb(
    'assign <email|id> <rep>',
    'gives it to a rep of reps.yaml: gets the notices about it; mails of sequences with reps go out in their name',
    'assign jane@example.com ben --by ana',
    async (who, _options, rep = '') => ({ ...who, kind: 'assign', rep: repOf(await store(), rep) }),
  );
  verb(
    'note <email|id> <text>',
    `keeps a note of at most ${NOTE_MAX} characters, sealed with the lead’s own key`,
    'note jane@example.com "prefers to be called" --by ana',
    ({ by }, _options, text = '') => ({ by, kind: 'note', text: noteOf(text) }),
  );
}

const TAG_LENGTH_MAX = 100;

function tagOf(tag: string): string {
  if (!/^[^\s\p{Cc}]+$/u.test(tag) || tag.length > TAG_LENGTH_MAX)
    throw new Error(`a tag has 1 to ${TAG_LENGTH_MAX} characters, and no space among them`);
  return tag;
}

function noteOf(text: string): string {
  if (text.trim() === '' || text.length > NOTE_MAX) throw new Error(`a note has 1 to ${NOTE_MAX} characters`);
  return text;
}
