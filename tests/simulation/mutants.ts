import type { Mutant } from './mutant.ts';
import { canaryMutants } from './canary-mutants.ts';
import { lookupMutants } from './lookup-mutants.ts';
import { outcomeMutants } from './outcome-mutants.ts';
import { replyMutants } from './reply-mutants.ts';
import { accountMutants } from './account-mutants.ts';
import { chatMutants } from './chat-mutants.ts';
import { textMutants } from './text-mutants.ts';
import { crmMutants } from './crm-mutants.ts';
import { webhookMutants } from './webhook-mutants.ts';

const LOG = 'libs/eventlog/src/log.ts';
const HANDLERS = 'libs/eventlog/src/handlers.ts';
const EXITS = 'libs/eventlog/src/exits.ts';
const APPEND = 'libs/eventlog/src/append.ts';
const CHAIN = 'libs/eventlog/src/chain.ts';
const KEYRING = 'libs/eventlog/src/keyring.ts';
const ERASE = 'libs/service/src/erase.ts';
const CLAIM = 'libs/lead/src/claim.ts';
const EVOLVE = 'libs/lead/src/evolve.ts';
const FEEDBACK = 'libs/lead/src/feedback.ts';
const TRIAGE = 'libs/lead/src/triage.ts';
const COMMAND = 'libs/lead/src/command.ts';
const MIGRATE = 'libs/lead/src/migrate.ts';
const COMMANDS = 'libs/service/src/commands.ts';
const STATE = 'libs/lead/src/state.ts';
const RUN = 'libs/lead/src/run.ts';
const PLAN = 'libs/sequences/src/plan.ts';
const HOURS = 'libs/lead/src/hours.ts';
const SENDER = 'apps/sender/src/sender.controller.ts';
const MAIL = 'apps/sender/src/mail.ts';
const SCHEDULER = 'apps/scheduler/src/plan.controller.ts';
const PROJECTION = 'libs/projection/src/projection.ts';
const COMPARISON = 'libs/projection/src/comparison.ts';
const JUDGEMENT = 'libs/eventlog/src/judgement.ts';
const GUARD = 'libs/service/src/guard.ts';
const RECOVER = 'libs/lead/src/recover.ts';
const RESTORE_KNOWN = 'apps/leadctl/src/restore-known.ts';
const INBOUND = 'apps/inbound/src/feedback.controller.ts';
const MATCHING = 'apps/inbound/src/matching.ts';

const mutant = (name: string, file: string, takeOut: string, putIn = '', behind?: string): Mutant => ({
  name,
  file,
  takeOut,
  putIn,
  ...(behind ? { behind } : {}),
});

const CAS = 'the decider said no on this very state, which the expectation holds';
const HELD = 'a planned step of who is stopped is never due';
const OLDER = 'an older state only conflicts';

export const mutants: readonly Mutant[] = [
  mutant(
    'an event with an outcome is not remembered as the last one',
    EVOLVE,
    'return hasOutcome(event) ?',
    "return hasOutcome(event) && event.type !== 'lead.replied' ?",
  ),
  mutant(
    'a check-in too soon',
    'libs/sequences/src/lapse.ts',
    ' || Temporal.Instant.compare(at, now) > 0',
    '',
    'the query finds lapsed leads only',
  ),
  mutant(
    'a check-in again and again',
    STATE,
    'Math.max(Date.parse(lastActivityAt) + IDLE_MS, againMs)',
    'Date.parse(lastActivityAt) + IDLE_MS + 0 * Math.sign(againMs)',
  ),
  mutant('a check-in after a decline', STATE, ' || declined.length > 0', ' || declined.length > 99'),
  mutant(
    'a check-in of a lead that is held',
    STATE,
    'isHeld(state) || lastActivityAt === null',
    'lastActivityAt === null',
  ),
  mutant(
    'a click is no activity',
    EVOLVE,
    ': { ...next, lastActivityAt: later(state.lastActivityAt, at) };',
    ': next;',
  ),
  mutant(
    'an attempt of an enricher is recorded again',
    'libs/lead/src/enrich.ts',
    "if (nextAttempt(state.enrichment[enricher], asked) !== attempt) return { nothing: 'known-already' };",
    'void nextAttempt;',
  ),
  mutant('an enricher is asked for ever', 'libs/lead/src/enrich.ts', ' && retryMs <= Date.parse(asked) + ENRICH_MS'),
  mutant(
    'an answer about an erased lead is kept',
    'libs/lead/src/enrich.ts',
    "if (!state.contact) return { nothing: 'unknown-lead' }; if (state.stop?.why === 'erased') return { nothing: " +
      "'erased' }; if (nextAttempt(",
    "if (!state.contact) return { nothing: 'unknown-lead' };\n  if (nextAttempt(",
  ),
  {
    ...mutant(
      'an enricher’s answer has no bound',
      'apps/triage/src/http-enricher.ts',
      "if (bytes > BODY_BYTES_MAX) throw new Unanswered('too-large');",
    ),
    specs: ['apps/triage/src/http-enricher.spec.ts'],
  },
  mutant(
    'a late attempt is not given up',
    'apps/triage/src/enrich.controller.ts',
    '(deliveries === 1 ? this.leads.asOf(event) : this.leads.load(event.leadId, { leader: true }))',
    'this.leads.asOf(event)',
  ),
  mutant(
    'an enricher that is away is not asked again',
    'apps/triage/src/enrich.controller.ts',
    "if (waits.length > 0) throw new Retry('an enricher is asked again later', Math.min(...waits));",
  ),
  mutant(
    'facts that a died process recorded give no tag',
    'apps/triage/src/enrich.controller.ts',
    'if (Object.values(at.state.enrichment).some(({ facts }) => facts)) await this.tagger.tag(at);',
  ),
  mutant('a rule gives a removed tag again', 'libs/sequences/src/tag-rules.ts', '&& !state.untagged.includes(tag)'),
  mutant('a tag removed by hand is forgotten', EVOLVE, 'untagged: rules ? state.untagged :', 'untagged: true ? [] :'),
  mutant(
    'a process that dies before its tags loses them',
    'libs/sequences/src/simulator/shell.ts',
    "else if (outcome.nothing === 'known-already') yield* log.decide(tagId, decide, outcome.after);",
  ),
  {
    // A run's definitions are there from the beginning.
    ...mutant(
      'rules that are not read yet give no tags',
      'libs/service/src/sequence-store.ts',
      "if (!this.#loaded) throw new Unavailable('the deployed sequences were not read yet');",
    ),
    specs: ['libs/service/src/sequence-store.int.spec.ts'],
    titles: 'count as unread',
  },
  mutant(
    'a redelivery gives no tags',
    'apps/triage/src/tagger.ts',
    ': await this.leads.decide(at.leadId, id, decide, at);',
    ": { nothing: 'unchanged' as const, after: at };",
  ),
  mutant(
    'a variant is drawn for each run',
    'libs/sequences/src/plan.ts',
    'variantOf(sequence, step, state.leadId)',
    'variantOf(sequence, step, String(planning.draw()))',
  ),
  mutant('the first variant is sent', MAIL, '{ action: step.action, leadId }', '{ leadId }'),
  mutant('a lead with a rep gets another', 'libs/sequences/src/reps.ts', ' || reps.some(({ id }) => id === rep)'),
  mutant(
    'the notice goes to every lead’s rep',
    MAIL,
    'const to = rep?.email ?? config.SALES_REP_EMAIL;',
    'const to = config.SALES_REP_EMAIL;',
  ),
  mutant(
    'a condition holds no mail back',
    CLAIM,
    'condition: (state, step) => unmet(state, step) !== undefined,',
    "condition: (state, step) => step.audience === 'staff' && unmet(state, step) !== undefined,",
  ),
  mutant('a click is not remembered', RUN, 'const next = withHappening(state, what);', 'const next = state;'),
  mutant(
    'a click counts for the next run',
    EVOLVE,
    'trusted: phase.trusted ?? true,\n  };',
    'trusted: phase.trusted ?? true,\n    happened: state.run?.happened ?? [],\n  };',
  ),
  mutant(
    'a run begins after its exit',
    PLAN,
    "if (exit !== undefined) return completed(phase.runId, sequence.id, 'exit', exit);",
  ),
  mutant(
    'a run goes on after its exit',
    PLAN,
    "if (exit !== undefined) return completed(run.id, run.sequence, 'exit', exit);",
  ),
  mutant(
    'a waiting run does not end at its exit',
    PLAN,
    "return tag === undefined ? undefined : completed(run.id, run.sequence, 'exit', tag);",
    'return tag === undefined || (true as boolean) ? undefined : completed(run.id, run.sequence, "exit", tag);',
  ),
  mutant(
    'a soft bounce stops the lead',
    FEEDBACK,
    "{ type: 'lead.undelivered', data: { ...fact, ...failureOf(feedback) } }",
    "{ type: 'lead.bounced', data: { ...fact, ...failureOf(feedback) } }",
  ),
  mutant('claim id from its cause', LOG, 'const id = claimId();', 'const id = `claim-of-${from?.lastSeq ?? 0}`;'),
  mutant(
    'no expectation',
    APPEND,
    'expect: { streamName: stream, lastSubjectSequence: at.lastSeq, lastSubjectSequenceSubject: filter }',
    'expect: { streamName: stream }',
  ),
  mutant(
    'expectation of one subject only',
    APPEND,
    'lastSubjectSequenceSubject: filter',
    'lastSubjectSequenceSubject: this.#subject',
  ),
  mutant(
    'a conflict is mine',
    APPEND,
    'if (isConflict(error)) return undefined;',
    'if (isConflict(error)) return this.#recorded(head, at.lastSeq + 1);',
  ),
  mutant(
    'a conflict is not looked into',
    LOG,
    'const mine = news.find((other) => other.id === id);',
    'const mine = undefined as Recorded | undefined;',
  ),
  mutant(
    'only the last event is looked at',
    LOG,
    'const mine = news.find((other) => other.id === id)',
    'const mine = [news.at(-1)].find((other) => other?.id === id)',
  ),
  mutant(
    'gives up without an answer',
    LOG,
    'if (!isUnavailable(error) || error instanceof KeyLost) throw error;',
    'throw error;',
  ),
  mutant(
    'a nothing of a follower counts',
    LOG,
    'const { news, moved, after } = await this.#since(at, true);',
    'const { news, moved, after } = await this.#since(at, false);',
    'the watchdog does the work a minute later',
  ),
  mutant(
    'a second event of one id after a no',
    LOG,
    'if (written) return { event: written, before: at, after: at, isFound: true };',
    '',
    'two restarts under one key must meet in the milliseconds in which an open claim ends: log.int.spec.ts',
  ),
  {
    // A run needs another event between a claim and its lost response, which few have.
    ...mutant(
      'the found claim is not checked again',
      LOG,
      'const still = after.lastSeq === event.seq || recheck(after.state);',
      'const still = true as true | Nothing;',
    ),
    specs: ['libs/eventlog/src/log.int.spec.ts'],
    titles: 'one server.*is given up when a pause came before the lost response',
  },
  mutant('an event of a newer build is poison', HANDLERS, 'if (cause instanceof NewerEvent) throw cause;'),
  mutant('an event of a newer build is a failure', EXITS, "if (error instanceof NewerEvent) return 'newer';"),
  mutant(
    'a hole is the end of the chain',
    CHAIN,
    " ?? (await storedOf(this.#broker, place));\n    if (!message) throw this.#hole(place, 'is missing');",
    ';\n    if (!message) return undefined;',
  ),
  mutant('a follower’s hole counts', CHAIN, ' ?? (await storedOf(this.#broker, place))', ''),
  mutant(
    'a baseline of elsewhere',
    CHAIN,
    'if (!leader && (newest?.seq ?? 0) < from.lastSeq) newest = await this.last(leadId, true);',
    '',
    OLDER,
  ),
  {
    // The handlers of a run have the message again after the error, and the erasure is whole by then.
    ...mutant(
      'a hole of an erasure under way counts',
      CHAIN,
      'if (!newest || !from || isSame(positionOf(newest), positionOf(from))) throw error;',
      'throw error;',
    ),
    specs: ['libs/eventlog/src/log.int.spec.ts'],
    titles: 'one server.*is read again when an erasure deletes it meanwhile',
  },
  mutant(
    'remembers less than it is asked for',
    LOG,
    'if (recent && recent.lastSeq >= event.seq) return recent;',
    'if (recent) return recent;',
    OLDER,
  ),
  mutant(
    'claims whatever the phase',
    CLAIM,
    "if (phase.kind !== 'due') return notDue(state);\n  if (!isWritten(state, " +
      'phase.step, written)) return ANOTHER_STEP;\n  const rival',
    "if (!('step' in phase)) return notDue(state);\n  const rival",
  ),
  mutant(
    'claims another step than was written',
    CLAIM,
    'if (!isWritten(state, phase.step, written)) return ANOTHER_STEP;\n  const rival',
    'const rival',
  ),
  mutant(
    'claims beside an accepted send',
    CLAIM,
    "if (rival) return { nothing: 'step-has-send', detail: rival.outcome };",
    'void rival;',
    'an accepted send settles a due step',
  ),
  mutant('claims without guards', CLAIM, 'if (no) return skipped(state, phase.step, no);', 'void no;'),
  mutant(
    'no stop guard',
    CLAIM,
    'stop !== null && STOP_RULES[stop.why].guard === by;',
    "stop !== null && by === 'erased';",
  ),
  mutant('no guard of a declined sequence', CLAIM, ' || (!state.stop && isDeclined(state))'),
  mutant('no pause guard', CLAIM, 'paused: toLead(isHeld),', 'paused: isNever,'),
  mutant('no erased guard', CLAIM, "erased: ({ stop }) => stop?.why === 'erased',", 'erased: isNever,'),
  mutant('a holiday is a working day', HOURS, ' && !closed?.includes(date.toString())'),
  mutant(
    'no window guard',
    CLAIM,
    'window: toLead(({ zone }, { window }, now) => !!window && !!zone && !withinWindow(now, zone.id, window)),',
    'window: isNever,',
  ),
  mutant(
    'no lateness guard',
    CLAIM,
    'latenessMaxMs !== undefined && now.epochMilliseconds - Date.parse(at) > latenessMaxMs',
    'false as boolean',
  ),
  mutant(
    'retries a claim that is not mine',
    CLAIM,
    "const phase = claimedBy(state, previous.sendId);\n  if (!phase) return { nothing: 'claim-closed' };",
    "const phase = state.phase as Claimed;\n  if (!('step' in phase)) return { nothing: 'claim-closed' };",
  ),
  mutant(
    'retries what was accepted',
    CLAIM,
    'if (isThrough || isOfOtherNumber(state, phase.step, previous.sendId)) {',
    'if (isThrough === undefined) {',
  ),
  mutant(
    'records another mail with a retry',
    SENDER,
    'deadlineMs, mailHash, ...by',
    'deadlineMs, mailHash: { ...mailHash, whole: sendId }, ...by',
  ),
  mutant('retries without guards', CLAIM, 'if (no) return skip(state, phase, no, previous.class);', 'void no;'),
  mutant(
    'rechecks nothing',
    CLAIM,
    "if (!phase) return { nothing: 'claim-closed' };\n  const no = guard",
    'if (!phase) return true;\n  const no = guard',
  ),
  mutant(
    'rechecks all but a reply',
    CLAIM,
    'const no = guard(state, phase.step, now) ?? (isOf',
    "const no = (state.stop?.why === 'responded' ? undefined : guard(state, phase.step, now)) ?? (isOf",
  ),
  mutant(
    'rechecks no guard',
    CLAIM,
    "return no ? { nothing: 'guarded', detail: no } : true;",
    'void no;\n  return true;',
  ),
  mutant(
    'gives back what is settled',
    CLAIM,
    "if (outcome !== 'open' && outcome !== 'unknown') return { nothing: 'send-known', detail: outcome };",
    'void outcome;',
  ),
  mutant(
    'an outcome is said twice',
    CLAIM,
    "if (known !== 'open' && (known !== 'unknown' || answer.kind === " +
      "'unknown')) return { nothing: 'send-known', detail: known };",
    'void known;',
  ),
  mutant(
    'a claim never grows stale',
    SENDER,
    'return performance.now() - claimedAtMs > CLAIM_SLACK_MS / 2;',
    'return claimedAtMs < 0;',
  ),
  mutant(
    'an orphan is not given back',
    SENDER,
    "if (claim.orphan?.type === 'lead.send-started') await this.giveBack(claim.orphan, claim.after);",
  ),
  mutant(
    'a claim is given back after another look',
    SENDER,
    '(state) => decideGiveBack(state, data.sendId, this.now()), from));',
    '(state) => decideGiveBack(state, data.sendId, this.now())));',
  ),
  mutant(
    'an unknown outcome counts as refused',
    CLAIM,
    "case 'unknown': return { type: 'lead.send-unknown', data: { ...about, ...failure(answer) } };",
    "case 'unknown': return deferral(state, about, { ...answer, kind: 'refused' }, now);",
  ),
  mutant(
    'sends to whom it loaded from a follower',
    SENDER,
    'this.leads.load(event.leadId, { leader: true })',
    'this.leads.load(event.leadId)',
    OLDER,
  ),
  mutant(
    'any run can be enrolled',
    EVOLVE,
    "if (phase.kind !== 'enrolling' || phase.runId !== data.runId) return state;",
    "if (phase.kind !== 'enrolling') return state;",
    CAS,
  ),
  mutant(
    'a step is due in any phase',
    EVOLVE,
    "if ((phase.kind !== 'planned' && phase.kind !== 'due') || state.run?.id !== " +
      'data.runId || phase.step.index !== data.step) return state;',
    "if (!('step' in phase)) return state;",
    CAS,
  ),
  mutant(
    'a claim follows anything',
    EVOLVE,
    'if (!follows || state.run?.id !== runId || phase.step.index !== step) return next;',
    'void follows;',
    CAS,
  ),
  mutant(
    'a worse outcome replaces a better one',
    EVOLVE,
    'return send && improves(send.outcome, outcome) ?',
    'return send ?',
    CAS,
  ),
  mutant(
    'any outcome moves the phase',
    EVOLVE,
    'if (next === state || !isOfSend(open, sendId) || (open.kind !== ' +
      "'claimed' && open.kind !== 'parked')) return next;",
    "if (open.kind !== 'claimed' && open.kind !== 'parked') return next;",
  ),
  mutant(
    'acceptance of another send settles a claim',
    EVOLVE,
    "if (phase.step.index !== send.step || (phase.kind === 'claimed' && phase.sendId !== sendId)) return next;",
    'if (phase.step.index !== send.step) return next;',
  ),
  mutant(
    'acceptance of another run settles',
    EVOLVE,
    'if (next === state || state.run?.id !== send.runId) return next;',
    'if (next === state) return next;',
  ),
  mutant(
    'what the ESP reports proves nothing',
    EVOLVE,
    'accepted(remember(state, data.key), data.sendId, at);',
    'remember(state, data.key);',
  ),
  mutant(
    'feedback is not remembered',
    EVOLVE,
    'const fact = (state: LeadState, { data, at }: Fact): LeadState => ' +
      'accepted(remember(state, data.key), data.sendId, at);',
    'const fact = (state: LeadState, { data, at }: Fact): LeadState => accepted(state, data.sendId, at);',
  ),
  mutant(
    'a reply is not remembered',
    EVOLVE,
    'const known = remember(REPLIES[event.data.class].stops ? believed(state) : state, event.data.key);',
    'const known = state;',
  ),
  mutant(
    'a submission is not remembered',
    EVOLVE,
    'return newRun(remember(lead, data.intake.key), id, data.route, 0, at, trusted);',
    'return newRun(lead, id, data.route, 0, at, trusted);',
  ),
  mutant(
    'a resubmission is not remembered',
    EVOLVE,
    '  }, data.intake.key);\n  const { route } = data;',
    '  }, undefined);\n  const { route } = data;',
  ),
  mutant(
    'a list before the lead is forgotten',
    EVOLVE,
    "new Set(['lead.triaged', 'lead.suppressed', 'lead.recovered'])",
    "new Set(['lead.triaged', 'lead.recovered'])",
  ),
  mutant('a list stops no lead', EVOLVE, '(state, event) => stopped(state, event.data.why, event)', '(state) => state'),
  mutant(
    'a weaker stop replaces a stronger one',
    EVOLVE,
    'const stronger = !state.stop || STOPS.indexOf(why) > STOPS.indexOf(state.stop.why);',
    'const stronger = true;',
  ),
  mutant(
    'a restart lifts every stop',
    EVOLVE,
    'return state.stop && STOP_RULES[state.stop.why].isLiftable',
    'return state.stop',
    'the command is refused',
  ),
  mutant(
    'a restart lifts no decline',
    EVOLVE,
    'state.declined.filter((id) => id !== sequence)',
    'state.declined.filter((id) => id === sequence || id !== sequence)',
  ),
  mutant(
    'a restart lifts every decline',
    EVOLVE,
    'state.declined.filter((id) => id !== sequence)',
    'state.declined.filter((id) => id === sequence && id !== sequence)',
  ),
  mutant(
    'a decline is all that the lead says',
    EVOLVE,
    'declined: [...new Set([...state.declined, sequence])]',
    'declined: [sequence]',
  ),
  mutant('a declined run goes on', RUN, 'isDeclined(state) && isNothingButMail(state.phase)', '(false as boolean)'),
  mutant(
    'a decline ends what is in flight',
    RUN,
    'isDeclined(state) && isNothingButMail(state.phase)',
    "isDeclined(state) && (isNothingButMail(state.phase) || state.phase.kind === 'claimed')",
  ),
  mutant(
    'a decline keeps the rep in the dark',
    RUN,
    "case 'deferred': case 'held': return phase.step.audience === 'lead';\n    // Without",
    "case 'deferred': case 'held': return true;\n    // Without",
  ),
  mutant(
    'a declined sequence is begun',
    PLAN,
    'if (isUnwanted(state, step.audience, sequence.id)) return',
    "if (step.audience === 'lead' && state.stop !== null) return",
  ),
  mutant(
    'who is stopped is enrolled',
    PLAN,
    'if (isUnwanted(state, step.audience, sequence.id)) return',
    "if (step.audience === 'lead' && state.declined.includes(sequence.id)) return",
    HELD,
  ),
  mutant(
    'a declined sequence goes on',
    STATE,
    "audience === 'lead' ? state.stop !== null || isDeclined(state, sequence) :",
    "audience === 'lead' ? state.stop !== null :",
  ),
  mutant(
    'a restart lifts a pause',
    EVOLVE,
    "'lead.restarted': (state, { id, data, at }) => newRun(lifted(state, data.route.sequence),",
    "'lead.restarted': (state, { id, data, at }) => newRun({ ...lifted(state, data.route.sequence), paused: null },",
  ),
  mutant(
    'erasing forgets an open claim',
    EVOLVE,
    "phase: state.phase.kind === 'claimed' ? state.phase : { kind: 'completed' }",
    "phase: { kind: 'completed' }",
  ),
  mutant(
    'erasing ends only the person',
    EVOLVE,
    "phase: state.phase.kind === 'claimed' ? state.phase : { kind: 'completed' }",
    'phase: state.phase',
    'nothing is due for an erased lead',
  ),
  mutant(
    'known feedback is said again',
    FEEDBACK,
    "if (state.known.includes(feedback.key)) return { nothing: 'known-already' };",
  ),
  mutant(
    'an unproven answer is a stop',
    EVOLVE,
    'if (event.data.authenticated === false) return unproven(remember(state, event.data.key), event);',
  ),
  mutant(
    'an unproven answer holds nothing',
    EVOLVE,
    'unproven: { held: held || REPLIES[data.class].stops, count',
    'unproven: { held, count',
  ),
  mutant(
    'a proven answer leaves the hold',
    EVOLVE,
    'remember(REPLIES[event.data.class].stops ? believed(state) : state, event.data.key)',
    'remember(state, event.data.key)',
    'the stop outranks the hold, and a restart lifts both',
  ),
  mutant(
    'no resume lifts the hold',
    EVOLVE,
    'const lead = { ...believed(state), paused: null,',
    'const lead = { ...state, paused: null,',
  ),
  mutant(
    'a resume ends an absence',
    EVOLVE,
    'awayUntil: althoughAway ? null : state.awayUntil };',
    'awayUntil: null };',
  ),
  mutant(
    'a resumed mail keeps its time',
    EVOLVE,
    'if (waitMs === undefined) return lead;',
    'if (waitMs === undefined || lead.paused === null) return lead;',
  ),
  mutant(
    'a resumed mail goes at once',
    EVOLVE,
    "guard: 'paused', since, until: plusMs(since, waitMs) }",
    "guard: 'paused', since }",
  ),
  mutant(
    'a notice of unproven answers ends the run',
    EVOLVE,
    'return state.aside ? { ...swapped(state), aside: null } : {',
    'return {',
  ),
  mutant(
    'an interrupted run hears nothing of its sends',
    EVOLVE,
    'return aside !== null && runId !== undefined && runId === aside.run?.id;',
    'return runId === null && aside === null;',
  ),
  mutant(
    'the second notice forgets the run',
    RUN,
    'aside: state.aside ?? { run',
    'aside: { run',
    'a notice that fails is seldom still there a day later',
  ),
  mutant(
    'every unproven answer tells the rep',
    FEEDBACK,
    ' && (toldAt === null || Date.parse(fact.at) - Date.parse(toldAt) >= NOTICE_EVERY_MS)',
  ),
  mutant(
    'whose answer it is is not asked',
    MATCHING,
    'return { ...feedback, key, authenticated, matchedBy:',
    'return { ...feedback, key, matchedBy:',
  ),
  {
    ...mutant(
      'news for the rep waits for the source',
      CLAIM,
      'if (state.untold.length === 0) return waits;',
      'return waits;',
    ),
    specs: ['libs/lead/src/claim.spec.ts'],
  },
  {
    ...mutant(
      'an answer waits for the source',
      CLAIM,
      'if (no && (LASTING.has(no) || isLeftOut)) return skipped(state, phase.step, no);',
      'if (no && isLeftOut) return skipped(state, phase.step, no);',
    ),
    specs: ['libs/lead/src/claim.spec.ts'],
  },
  {
    ...mutant(
      'a text without a consent waits for its gateway',
      CLAIM,
      '(LASTING.has(no) || isLeftOut)',
      'LASTING.has(no)',
    ),
    specs: ['libs/lead/src/claim.spec.ts'],
  },
  {
    ...mutant(
      'who has news is not asked for at once',
      STATE,
      'if (news && Temporal.Instant.compare(news.at, phase.since) > 0) return until(news.at);',
    ),
    specs: ['libs/lead/src/claim.spec.ts'],
  },
  {
    ...mutant(
      'who waits for its source is not asked for again',
      STATE,
      'ms: Math.min(DUE_WATCHDOG_MS * 2 ** (phase.asked - 1), DUE_WATCHDOG_MS_MAX) }',
      'ms: 10 ** 11 }',
    ),
    specs: ['libs/lead/src/claim.spec.ts'],
  },
  mutant('declined again and again', FEEDBACK, ' || (sequence !== undefined && declined.includes(sequence));', ';'),
  mutant(
    'the rep’s mailbox stops the lead',
    FEEDBACK,
    'if (isOfStaff(state, feedback)) return settles(state, feedback);',
  ),
  mutant(
    'a copy’s bounce is the lead’s',
    FEEDBACK,
    "if (isOfOther(state, feedback)) return { nothing: 'other-recipient' };",
  ),
  mutant(
    'a known submission is taken in again',
    TRIAGE,
    "if (state.known.includes(intake.key)) return { nothing: 'known-already' };",
  ),
  mutant('an erased lead is filled again', TRIAGE, "if (state.stop?.why === 'erased') return { nothing: 'erased' };"),
  mutant(
    'a form brings back what was declined',
    TRIAGE,
    'state.declined.includes(route.sequence) ? `the lead has declined ${route.sequence}` : undefined;',
    'undefined;',
  ),
  mutant(
    'a stranger starts a run again and again',
    TRIAGE,
    '!trusted && last && nowMs - Date.parse(last.at) < reenrolAfterMs',
    '!trusted && last && nowMs - Date.parse(last.at) < reenrolAfterMs - Infinity',
  ),
  mutant(
    'a stranger is held back by any run',
    TRIAGE,
    'const last = state.runs[route.sequence];\n  return !trusted',
    'const last = Object.values(state.runs).at(-1);\n  return !trusted',
  ),
  mutant(
    'the rep is told of each submission',
    TRIAGE,
    "if (held && (!countsFor('rep', state) || !isNews(state, submission, limits, !no))) return { route: " +
      'null, reason: `${held}: the rep knows, and nothing starts` };',
  ),
  mutant(
    'the rep is told no news',
    TRIAGE,
    '...(news === undefined ? {} : { tellRep: true, news })',
    '...(news === undefined || route ? {} : { tellRep: true, news })',
  ),
  mutant(
    'the rep is told the same again',
    'libs/lead/src/news.ts',
    '.filter(({ key }) => !state.heard.includes(key))',
    '.filter(({ key }) => key !== state.heard[0])',
  ),
  mutant(
    'strangers’ news has no limit',
    TRIAGE,
    'state.newsAt.filter(isToday).length >= NEWS_A_DAY_MAX',
    'state.newsAt.filter(isToday).length > NEWS_A_DAY_MAX * 9',
  ),
  mutant(
    'news ends the run under way',
    RUN,
    'if (!answer.unproven && !answer.news) return',
    'if (!answer.unproven) return',
  ),
  mutant(
    'a stranger overwrites what is known',
    EVOLVE,
    '...(trusted ? replaced(known, data) : filled(known, data)),',
    '...replaced(known, data),',
  ),
  mutant('the end of a run is forgotten', RUN, 'return [was, is].reduce(', 'return [is].reduce('),
  mutant(
    'a stranger’s run is anybody’s',
    RUN,
    "phase: { kind: 'enrolling', runId, route, stepIndex, since, trusted } });",
    "phase: { kind: 'enrolling', runId, route, stepIndex, since, trusted: trusted || !trusted } });",
  ),
  mutant('a day has room for any number of mails', CLAIM, 'if (held) return held;', 'void held;'),
  mutant(
    'what waits for its day is planned at once',
    PLAN,
    'if (until !== undefined) return { from: Temporal.Instant.from(until) };',
    'void until;',
  ),
  mutant(
    'a new route does not wait for a claim',
    TRIAGE,
    "if (next && state.phase.kind === 'claimed') return { nothing: 'claim-open' };",
  ),
  mutant(
    'a move does not wait for a claim',
    COMMAND,
    "if (state.phase.kind === 'claimed') return { nothing: 'claim-open' };",
  ),
  mutant(
    'a step with a send is migrated',
    MIGRATE,
    "if (send) return { nothing: 'step-has-send', detail: send.outcome };",
    'void send;',
  ),
  mutant(
    'a migration of whatever run is under way',
    MIGRATE,
    'if (run?.id !== runId || run.sequence !== sequence || run.version !== from)',
    'if (run === null)',
  ),
  mutant(
    'a migrated step keeps its old condition',
    MIGRATE,
    'const { when: _, exits: __, ...times } = step;',
    'const times = step;',
  ),
  mutant(
    'a migrated run keeps its id',
    EVOLVE,
    'run: { ...run, id, version: data.to } };',
    'run: { ...run, version: data.to } };',
  ),
  mutant(
    'a migrated run keeps its version',
    EVOLVE,
    'run: { ...run, id, version: data.to } };',
    'run: { ...run, id } };',
  ),
  mutant(
    'moves into what was declined',
    COMMAND,
    "declined.includes(sequence) ? { nothing: 'declined', detail: sequence } : undefined",
    'undefined',
  ),
  mutant('moves a lead that is stopped', COMMAND, "if (stop) return { nothing: 'stopped', detail: stop.why };"),
  mutant(
    'a restart of a bounced address',
    COMMAND,
    "if (state.stop && !STOP_RULES[state.stop.why].isLiftable) return { nothing: 'stopped', detail: state.stop.why };",
  ),
  mutant('pauses a paused lead', COMMAND, "state.paused ? { nothing: 'paused-already' } :"),
  mutant(
    'resumes a lead that nothing holds',
    COMMAND,
    "if (!isHeld(state) && !(althoughAway && state.awayUntil)) return { nothing: state.awayUntil ? 'away' : " +
      "'not-paused' };",
  ),
  mutant(
    'a pause takes nothing from the wait',
    COMMAND,
    'Math.min(Math.max(0, Date.parse(at) - Date.parse(paused.at)), delayMs)',
    'at ? delayMs : 0',
  ),
  mutant(
    'a stop of a bounced address',
    COMMAND,
    "STOPS.indexOf(state.stop.why) >= STOPS.indexOf('unsubscribed')",
    "state.stop.why === 'unsubscribed'",
  ),
  mutant(
    'stops have no tag of their own',
    COMMAND,
    'const reserved = [STOP_TAG, CANARY_TAG]',
    'const reserved = [CANARY_TAG]',
  ),
  mutant(
    'a command begins a notice',
    COMMAND,
    "if (to && isNotice(to.sequence)) return { nothing: 'notice', detail: to.sequence };",
  ),
  mutant(
    'commands an erased lead',
    COMMAND,
    "if (state.stop?.why === 'erased' && !(command.kind === 'erase' && command.forgets)) return { nothing: 'erased' };",
  ),
  mutant(
    'an operator’s stop stops nothing',
    EVOLVE,
    'return sequence === undefined ?',
    "return sequence === undefined && event.data.via === 'operator' ? state : sequence === undefined ?",
  ),
  mutant(
    'a moved lead goes on with the run that it left',
    EVOLVE,
    "'lead.moved': (state, { id, data, at }) =>",
    "'lead.moved': (state, { id, data, at }) => state.phase.kind === 'planned' ? state :",
  ),
  mutant('resolves any send', COMMAND, "if (!isParked && send.outcome !== 'unknown')", 'if (false as boolean)'),
  mutant(
    'a key is not looked for',
    COMMANDS,
    'const done = events.findIndex((event) => event.id === id);',
    'const done = -1;',
  ),
  mutant(
    'a command for another version',
    COMMANDS,
    'expectVersion !== undefined && version !== expectVersion ? { ' +
      "nothing: 'moved-on' } : decideCommand(state, command)",
    'decideCommand(state, command)',
  ),
  mutant(
    'a bounce by mail is not heard',
    INBOUND,
    'await this.recorder.recordReport(meaning.failures, delivery)',
    '(meaning.failures.length === 0)',
  ),
  mutant(
    'nobody looks at an open claim',
    STATE,
    "case 'claimed': return until(phase.deadline);",
    "case 'claimed': return null;",
  ),
  mutant(
    'nobody looks at a due step',
    STATE,
    'if (news && Temporal.Instant.compare(news.at, phase.since) > 0) return until(news.at); ' +
      'return isBlocked(state, phase.step.audience) && !news ?',
    'return phase.step.id ?',
  ),
  mutant(
    'nobody looks at what is settled',
    STATE,
    "case 'enrolling': case 'settled': return { from: phase.since, ms: WATCHDOG_MS };",
    "case 'enrolling': return { from: phase.since, ms: WATCHDOG_MS };\n    case 'settled': return null;",
  ),
  mutant(
    'nobody looks at what is held',
    STATE,
    "case 'deferred': case 'held': return isBlocked(state, " +
      'phase.step.audience) ? null : { from: phase.since, ms: WATCHDOG_MS };',
    "case 'deferred': case 'held': return null;",
  ),
  mutant(
    'hunts before its time',
    PLAN,
    "if (!isDue(state, planning.now)) return { nothing: 'not-due' };",
    'void isDue;',
    'the read model is asked only for what is due',
  ),
  mutant(
    'a swept claim is sent again',
    PLAN,
    "case 'claimed': return sweep(state, phase);",
    "case 'claimed': return stepDue(state, phase.step, planning.now);",
  ),
  mutant(
    'a run that was put aside waits for the hunter',
    'libs/sequences/src/triggers.ts',
    "event?.type === 'lead.sequence-completed' ? event : undefined;",
    "event?.type === 'lead.sequence-completed' && event.version < 0 ? event : undefined;",
  ),
  mutant(
    'the plan after a run’s end has the id of that end',
    SCHEDULER,
    "(at) => this.leads.idAt(at, 'plan'),",
    "() => this.leads.idAt({ ...event, lastSeq: event.seq }, 'plan'),",
  ),
  mutant('a refusal is tried again before its time', PLAN, 'latest(now, from ?? now)', '(void from, now)'),
  mutant(
    'what another clock held back is asked for at once',
    PLAN,
    'Math.min(CLOCKS_DIFFER_MS * 2 ** (holds - 2), CLOCKS_DIFFER_MS_MAX)',
    '0',
  ),
  mutant(
    'a stopped run goes on',
    PLAN,
    "if (isUnwanted(state, step.audience)) return completed(run.id, run.sequence, 'stopped');",
  ),
  mutant(
    'planned again in spite of a stop',
    PLAN,
    'if (isBlocked(state, phase.step.audience)) return blocked(state);',
    'void blocked;',
    HELD,
  ),
  mutant('a plan’s id is not of its place', SCHEDULER, "(at) => this.leads.idAt(at, 'plan')", "'plan'"),
  mutant(
    'personal fields go into the log in clear',
    APPEND,
    'this.#body = sealed ? bodyOf(sealed.clear, sealed.sealed) : this.#json;',
    'void bodyOf;\n    void sealed;\n    this.#body = this.#json;',
  ),
  mutant(
    'what an erased lead does is recorded on',
    FEEDBACK,
    "if (state.stop?.why === 'erased') return afterErasure(state, feedback);",
  ),
  mutant(
    'an erased lead’s key is left',
    KEYRING,
    'if (entry?.header.get(OPERATION)) return overwritten;',
    'if (entry) return overwritten;',
  ),
  mutant('what an erasure forgets is left', ERASE, 'if (await eraseOf(broker, event)) deleted++;', 'void event;'),
  mutant(
    'an erasure forgets nothing',
    ERASE,
    'if (message && isInClear(event.type, message.json())) return true;',
    'void isInClear;',
  ),
  mutant('a chain does not begin with its erasure', CHAIN, 'if (begins(event)) return undefined;', 'void begins;'),
  mutant(
    'a document remembers what is forgotten',
    PROJECTION,
    'const start = all.findLastIndex(begins);',
    'const start = all.findLastIndex(begins) - all.length;',
  ),
  mutant(
    'who is late with a key keeps theirs',
    KEYRING,
    'if (!isConflict(error)) throw error;\n    }\n    const { streams }',
    'if (isConflict(error)) return this.#remember(leadId, key);\n      throw error;\n    }\n    const { streams }',
  ),
  mutant(
    'a gap in the projection is not noticed',
    PROJECTION,
    'if (!isEnd(before, at) && !begins(event)) return undefined;',
    'void [begins, before];',
  ),
  mutant(
    'a document is overwritten',
    PROJECTION,
    'filter: { _id: leadId, ...guardOf(met) }',
    'filter: { _id: leadId, ...(false ? guardOf(met) : {}) }',
  ),
  mutant(
    'a skip counts against what is not written',
    PROJECTION,
    'if (!next && met?.isWritten === false) missed.add(leadId);',
  ),
  mutant(
    'a missed write is acknowledged',
    PROJECTION,
    'pending = new Map([...pending].filter(([leadId]) => missed.has(leadId)));',
    'pending = new Map();',
  ),
  mutant(
    'a document that is behind stays behind',
    COMPARISON,
    'return this.#repair(behind, before, shown, mayRepair);',
    'return this.#repair([], before, shown, mayRepair);',
  ),
  mutant(
    'a missed write counts as written',
    PROJECTION,
    'if (!missed.has(leadId)) next.isWritten = true;',
    'next.isWritten = true;',
  ),
  mutant('old events are projected again', PROJECTION, 'if (event.seq <= at.seq) continue;'),
  {
    ...mutant(
      'the log is not judged',
      GUARD,
      'const verdict = judgeLog(facts, { fresh: !this.wasOpen, nowMs: Date.now(), gapMs });',
      "void judgeLog;\n    void gapMs;\n    const verdict = { kind: 'goes on', begin: false } as Verdict;",
    ),
    restores: true,
  },
  {
    // A run's record answers at once: nothing comes between a judgement and its hold.
    ...mutant(
      'a hold is recorded over a confirm',
      'libs/eventlog/src/guard-record.ts',
      'isDeepStrictEqual(now, judged) && !now?.hold',
      '(isDeepStrictEqual(now, judged) || (true as boolean)) && !now?.hold',
    ),
    specs: ['libs/service/src/guard.int.spec.ts'],
    titles: 'confirmed while this one judges',
  },
  {
    ...mutant(
      'one witness stands for all streams of the log',
      'libs/service/src/guard-facts.ts',
      'infos[index]?.state.last_seq ?? 0, witnesses[index]',
      'infos[index]?.state.last_seq ?? 0, witnesses[0]',
    ),
    restores: true,
  },
  {
    // A run has one lead: with its whole log lost nothing would be left to send.
    ...mutant(
      'a log of another number is judged without the witnesses of the lost one',
      JUDGEMENT,
      'if (!other || record',
      'if (!other || true || record',
    ),
    specs: ['libs/service/src/guard-partitions.int.spec.ts'],
    titles: 'one of another number',
  },
  {
    ...mutant(
      'a process goes on in a log of another number than it began with',
      'libs/eventlog/src/broker.ts',
      'if (this.#partitions !== partitions) throw',
      'if (this.#partitions === undefined) throw',
    ),
    specs: ['libs/eventlog/src/provision.int.spec.ts'],
    titles: 'began with another one',
  },
  {
    ...mutant(
      'the events of a lead are read in the partition of another id',
      'libs/eventlog/src/lead-messages.ts',
      '  const { stream, subject } = logOf(leadId, broker.partitions);',
      '  const { subject } = logOf(leadId, broker.partitions);\n' +
        '  const { stream } = logOf(`0${leadId}`, broker.partitions);',
    ),
    services: true,
  },
  {
    ...mutant(
      'the witness is never advanced',
      GUARD,
      'if (event.seq <= witness.highSeq) return;',
      'if (event.seq <= Infinity) return;',
    ),
    restores: true,
  },
  {
    ...mutant(
      'the witness follows a fork',
      JUDGEMENT,
      'return there === undefined || there === id ? undefined :',
      'return there === undefined || there === id || (true as boolean) ? undefined :',
    ),
    restores: true,
  },
  {
    ...mutant(
      'a recorded hold is judged anew',
      JUDGEMENT,
      'if (record?.hold) return',
      'if (record?.hold && (false as boolean)) return',
    ),
    restores: true,
  },
  {
    ...mutant(
      'a lost claim’s outcome is said alone',
      CLAIM,
      "if (!send && state.stop?.why !== 'erased') return lostOutcome(claim, answer, now);",
      'void lostOutcome;',
    ),
    restores: true,
  },
  {
    ...mutant(
      'an old state is appended to unseen',
      LOG,
      'this.#isOld(at) && !(await this.#chain.isLast(at.leadId, at)) ? undefined : append.send()',
      'append.send()',
    ),
    restores: true,
  },
  {
    ...mutant(
      'a state from before a reconnect is appended to unseen',
      LOG,
      'Math.min(UNCHECKED_MS_MAX, this.#broker.connectedMs)',
      'UNCHECKED_MS_MAX',
    ),
    restores: true,
  },
  mutant(
    'gives back by the phase alone',
    CLAIM,
    "if (!send) return { nothing: 'claim-closed' };",
    "if (!send || (true as boolean)) return { nothing: 'claim-closed' };",
  ),
  {
    ...mutant(
      'a recovery leaves the stop out',
      RECOVER,
      'const stop = was.stop ? { stop:',
      'const stop = was.stop && (false as boolean) ? { stop:',
    ),
    restores: true,
  },
  {
    ...mutant('a recovery leaves the run and its sends out', RECOVER, '...(asked ? {} : course(was))', 'sends: {}'),
    restores: true,
  },
  {
    ...mutant(
      'a recovered stop is not folded',
      EVOLVE,
      'return stop ? stopped(whole, stop.why, { at: stop.at, seq }) : whole;',
      'return stop && (false as boolean) ? stopped(whole, stop.why, { at: stop.at, seq }) : whole;',
    ),
    restores: true,
  },
  {
    ...mutant(
      'the rep is told again of a reply in the lost log',
      EVOLVE,
      '.map(({ id }) => id), ...runs]);',
      '.map(({ id }) => id)]);\n  void runs;',
    ),
    restores: true,
  },
  { ...mutant('a projector remembers the lost log', PROJECTION, 'this.#latest.clear();'), restores: true },
  {
    ...mutant('a document stays on the lost log', COMPARISON, ' || lost.some((spot) => isAt(document, spot));', ';'),
    restores: true,
  },
  {
    ...mutant(
      'an erasure forgets places of a lost log',
      ERASE,
      'const replaces = forgets ? events.flatMap(lostPlacesOf) : [];',
      'const replaces = forgets ? events.slice(events.length).flatMap(lostPlacesOf) : [];',
    ),
    specs: ['apps/leadctl/src/erasure.int.spec.ts'],
    titles: 'keeps the places of a lost log',
  },
  {
    ...mutant(
      'lastId is not compared',
      CHAIN,
      'one.lastId === from.lastId &&\n  one.lastAtMs === (from.lastAtMs ?? one.lastAtMs)',
      'true',
    ),
    restores: true,
  },
  {
    ...mutant(
      'an event of a lost log is a hole in this one',
      CHAIN,
      'if (seq < lastSeq) throw',
      'if (seq < lastSeq && (false as boolean)) throw',
      'the message is delivered again in either case, and only the log line differs: chain.int.spec.ts',
    ),
    restores: true,
  },
  {
    ...mutant(
      'an event made again is taken for the lost one',
      RESTORE_KNOWN,
      'const isThen = Date.parse(message.header.get(CE.time)) === updatedAt.getTime();',
      'const isThen = updatedAt instanceof Date;',
      'the log must have the same last event at the same sequence after another history: restore.int.spec.ts',
    ),
    restores: true,
  },
  ...canaryMutants,
  ...replyMutants,
  ...lookupMutants,
  ...accountMutants,
  ...textMutants,
  ...chatMutants,
  ...webhookMutants,
  ...crmMutants,
  ...outcomeMutants,
];
