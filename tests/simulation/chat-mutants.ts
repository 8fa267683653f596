import type { Mutant } from './mutant.ts';

const of =
  (file: string, specs: readonly string[] = ['libs/verify/src/chat.spec.ts']) =>
  (name: string, takeOut: string, putIn = ''): Mutant => ({ name: `chat: ${name}`, file, takeOut, putIn, specs });
/** Runs of the services find these. */
const inRuns =
  (file: string) =>
  (name: string, takeOut: string, putIn = ''): Mutant => ({
    name: `chat: ${name}`,
    file,
    takeOut,
    putIn,
    services: true,
  });
const CLAIM = inRuns('libs/lead/src/claim.ts');
const EVOLVE = inRuns('libs/lead/src/evolve.ts');
const SENDER = inRuns('apps/sender/src/sender.controller.ts');
const VERIFY = of('libs/verify/src/claims.ts');
const DOUBLES = of('libs/verify/src/doubles.ts');
const WIRE = of('libs/providers/src/slack/send.ts', ['libs/providers/src/chats.spec.ts']);
const FLOW = of('apps/sender/src/rep-chat.ts', ['apps/sender/src/rep-chat.spec.ts']);

/** What keeps a rep from being told twice, or not at all. */
export const chatMutants: readonly Mutant[] = [
  CLAIM('a failed post is posted again', "send.channel === 'chat' && send.outcome !== 'skipped'", 'false'),
  CLAIM('a lead is told in the chat', "audience === 'staff' &&\n  channel === 'email' &&", "channel === 'email' &&"),
  CLAIM(
    'a refused post parks the notice',
    "channel === 'chat' && (answer.kind === 'refused' || answer.kind === 'permanent')",
    'false',
  ),
  CLAIM('a claim that was given back was a mail', 'sends[sendId] ? { channel: sends[sendId].channel } : {}', '{}'),
  EVOLVE('an unknown post parks the notice', "state.sends[sendId]?.channel !== 'chat'", 'true'),
  of('libs/lead/src/recover.ts', ['libs/lead/src/recover.spec.ts'])(
    'a post that a restore found open parks the notice',
    "channel === 'chat' && at !== undefined",
    'false',
  ),
  EVOLVE('an unknown mail is planned again', "state.sends[sendId]?.channel !== 'chat'", 'false'),
  inRuns('libs/sequences/src/plan.ts')(
    'a swept post was a mail',
    'channel: state.sends[sendId]?.channel ?? step.channel,',
    'channel: step.channel,',
  ),
  SENDER(
    'a notice is posted to another rep',
    'this.chats?.for(state, step, this.sequences.rep(state.rep)?.id)',
    'this.chats?.for(state, step, this.sequences.reps[0]?.id)',
  ),
  of('libs/verify/src/permission.ts')(
    'a post that is given back late uses up the due step',
    'if (event.data.sendId === undefined) isDue',
    'isDue',
  ),
  VERIFY('a lost post that an operator is asked about is no fault', "sends[phase.sendId]?.channel === 'chat'", 'false'),
  VERIFY('a post after an unknown post is no fault', "channel === 'email' && audience === 'staff';", 'true;'),
  VERIFY('a mail after a mail is no fault', "rival.channel === 'chat' && channel === 'email'", "channel === 'email'"),
  of('libs/verify/src/permission.ts')(
    'a post to a lead is no fault',
    "audience === 'staff' && channel === 'email'",
    'true',
  ),
  WIRE('a stranger mentions the channel', 'text: escaped(text)', 'text'),
  WIRE('another server’s page is Slack’s', "status === 200 && text.trim() === 'ok'", "status === 200 && text !== ''"),
  FLOW('a revoked webhook is asked for each notice', 'this.#notBefore.set(url, Date.now() + REFUSED_MS);'),
  FLOW('a slow chat takes all places', 'this.#inHand >= AT_ONCE || '),
  DOUBLES(
    'a post that was unknown at the claim of its mail is a double',
    'acceptanceOf(claim) && !isUnknownPost(claim, attempts[index + 1])',
    'acceptanceOf(claim)',
  ),
];
