import { isDeepStrictEqual } from 'node:util';
import type { Recorded } from '@leadstream/contracts/events';
import { readClaims, type Claim } from '@leadstream/verify/claims';
import { courseOf } from '@leadstream/verify/course';
import { judge as verify } from '@leadstream/verify/judge';
import { stopOf } from '@leadstream/verify/standing';
import { actionsOf, drawnFor } from '@leadstream/sequences/variants';
import { canaryFaults } from './canary.ts';
import { copyFaults } from './copies.ts';
import { declineFaults, unsubscribesFrom } from './declines.ts';
import { forgeryFaults } from './forgeries.ts';
import type { Deployment } from './deployment.ts';
import { commandFaults } from './operator-commands.ts';
import { restoreFaults } from './restored.ts';
import type { Mail, ExpectedEvent } from './esp.ts';
import { configs, REENROL_AFTER_MS, REPS, sequenceOf, stepsOf, triggered } from './configuration.ts';
import type { Shown } from './runtime.ts';
import type { SimulatedRun } from './faults.ts';
import { notGivenBack } from './given-back.ts';
import { abandoned, unfollowed } from './left-to-hunter.ts';
import { dueLoops } from './loops.ts';
import { isUnknown, notLookedUp } from './looked-up.ts';
import { newsFaults } from './news.ts';
import { repsOf } from './reps.ts';
import { unfinishedEnrichments, untaggedFaults } from './tagging.ts';
import { chatFaults } from './told-in-chat.ts';
import { toldFaults } from './told-others.ts';
import { isDenied, isSettledBy, textsFaults } from './texts.ts';

export interface Finding {
  rule: string;
  says: string;
}
export interface Judged {
  findings: Finding[];
  unknowns: number;
  unavoidable: number;
}

/** Long after the end of every run: a lead that still waits then waits for ever. */
const LATER = Temporal.Instant.from('2040-01-01T00:00:00Z');

/**
 * All findings about a finished run. `libs/verify` judges the log; the checks here use data that only the simulation
 * has: people, ESP calls and mails.
 */
export function judge(
  deployment: Deployment,
  { hindrances, canary, reported, partitions, modelled }: JudgedOf,
): Judged {
  const { events, esp, runtime, streams } = deployment;
  // Deleted events happened too; the verifier gets only those that are left in the log.
  const stored = new Set(streams.of('LEADS').map(({ seq }) => seq));
  const log = events.filter(({ seq }) => stored.has(seq));
  const restored = runtime.restoring?.restored;
  const { findings, claims } = verify(log, {
    now: LATER,
    overdueMs: 0,
    reenrolAfterMs: REENROL_AFTER_MS,
    restoredSeq: restored?.endSeq,
  });
  const judged: JudgedRun = {
    ...{ deployment, events, claims, hindrances, canary, reported, partitions, modelled },
    seen: runtime.shown(log),
  };
  const counts = restored
    ? { unknowns: 0, unavoidable: 0 }
    : {
        unknowns: claims.filter(({ sendId }) => isUnknown(about(events, sendId))).length,
        unavoidable: [...groups(events, esp.mails).values()].reduce((sum, mails) => sum + mails.length - 1, 0),
      };
  return {
    findings: [
      ...findings
        .filter(({ rule }) => rule !== 'unavoidable double' && rule !== 'lost claim')
        .map(({ rule, says }) => ({ rule, says })),
      ...(restored ? RESTORED_CHECKS : CHECKS).flatMap(([rule, check]) =>
        check(judged).map((says) => ({ rule, says })),
      ),
    ],
    ...counts,
  };
}

type JudgedOf = Pick<SimulatedRun, 'hindrances' | 'canary' | 'reported' | 'partitions' | 'modelled'>;

interface JudgedRun extends JudgedOf {
  deployment: Deployment;
  events: readonly Recorded[];
  claims: readonly Claim[];
  /** The lead in the read model. */
  seen: readonly Shown[];
}
/** A rule's name, and its violations in a run. */
type Check = readonly [rule: string, violations: (run: JudgedRun) => readonly string[]];

const projection: Check = ['projection', ({ seen, events }) => projectionFaults(seen, events)];
const ALWAYS: readonly Check[] = [
  ['public', (run) => publicFaults(run)],
  ['fault', ({ deployment }) => deployment.violations],
  ['endless', ({ deployment }) => (deployment.rushed ? ['the run does not end'] : [])],
];
/** A restore loses events, so checks that need all of them do not apply. */
const RESTORED_CHECKS: readonly Check[] = [
  projection,
  [
    'restored',
    ({ deployment: { esp, runtime }, events, claims }) =>
      runtime.restoring?.restored ? restoreFaults(events, claims, esp, runtime.restoring.restored) : [],
  ],
  ...ALWAYS,
];
const CHECKS: readonly Check[] = [
  projection,
  ['mail', ({ events, deployment }) => mailFaults(events, deployment)],
  ['late call', ({ deployment }) => lateCalls(deployment)],
  ['lost', ({ events, deployment }) => losses(events, deployment)],
  ['abandoned', (run) => abandoned({ ...run, storedMs: storedIn(run.deployment) })],
  ['given back', ({ deployment, claims }) => notGivenBack(deployment.streams.lateClaims, claims, deployment.esp.calls)],
  ['early', ({ events }) => early(events)],
  ['loop', ({ deployment }) => dueLoops(deployment)],
  ['declined', ({ events }) => declineFaults(events)],
  ['command', ({ events, deployment }) => commandFaults(events, deployment.people.requests)],
  ['copy', ({ events, deployment }) => copyFaults(events, deployment.streams.of('FEEDBACK'))],
  ['forged', ({ events, seen }) => forgeryFaults(events, seen)],
  ['forgotten', ({ seen }) => forgotten(seen)],
  ['erased', ({ events, deployment }) => [...refilled(events), ...unerased(events, deployment)]],
  ['held back', ({ events }) => heldBack(events)],
  ['news', ({ events, canary }) => (canary === 'canary' ? [] : newsFaults(events))],
  ['canary', ({ events, canary, reported }) => canaryFaults(events, { isCanary: canary === 'canary', reported })],
  ['tagged', ({ events }) => untaggedFaults(events)],
  ['enriched', ({ events }) => unfinishedEnrichments(events)],
  ['looked up', ({ events, deployment }) => notLookedUp(deployment.esp.mails, (id) => about(events, id))],
  ['rep', ({ events, deployment }) => repFaults(events, deployment.esp.mails)],
  [
    'in clear',
    ({ deployment }) =>
      deployment.runtime.inClear(wordsOf(deployment)).map((where) => `${where} has the lead’s data unencrypted`),
  ],
  ['staff', ({ events }) => staffFaults(events)],
  ['migrated', ({ events }) => migrationFaults(events)],
  ['variant', ({ events }) => variantFaults(events)],
  ['texts', ({ events, deployment }) => textsFaults(events, deployment)],
  ['chat', ({ events, deployment }) => chatFaults(events, deployment.esp)],
  ['followed', (run) => unfollowed({ ...run, storedMs: storedIn(run.deployment) })],
  ...ALWAYS,
];

const projectionFaults = (seen: readonly Shown[], events: readonly Recorded[]): string[] => [
  ...seen.flatMap(({ faults }) => faults),
  ...(seen.length !== 1 || seen[0]?.lastSeq !== events.at(-1)?.seq
    ? ['the read model does not have the last event']
    : []),
];

/** An index of the judged run's events by send: the checks use it many times. */
let indexed: { events: readonly Recorded[]; bySend: Map<string | undefined, Recorded[]> } = {
  events: [],
  bySend: new Map(),
};
const about = (events: readonly Recorded[], sendId: string): readonly Recorded[] => {
  if (indexed.events !== events)
    indexed = { events, bySend: Map.groupBy(events, ({ data }) => ('sendId' in data ? data.sendId : undefined)) };
  return indexed.bySend.get(sendId) ?? [];
};
const claimOf = (events: readonly Recorded[], sendId: string) =>
  about(events, sendId).find((event) => event.type === 'lead.send-started');

/** A lead always gets the same variant of a step. */
function variantFaults(events: readonly Recorded[]): string[] {
  const plans = events.flatMap(({ type, data }) => {
    if (type === 'lead.migrated')
      return [{ of: `${data.sequence} v${data.to} ${data.planned.id}`, action: data.planned.action }];
    if (type !== 'lead.enrolled' && !(type === 'lead.step-planned' && data.why === 'next')) return [];
    const run = runOf(events, data.runId);
    return run ? [{ of: `${run.sequence} v${run.version} ${data.planned.id}`, action: data.planned.action }] : [];
  });
  return [...Map.groupBy(plans, ({ of }) => of)]
    .filter(([, same]) => new Set(same.map(({ action }) => action)).size > 1)
    .map(([of]) => `${of} has several variants for one lead`);
}

/** A rule gives a lead one rep, an operator another one, whose mailbox then gets the notices. */
function repFaults(events: readonly Recorded[], mails: readonly Mail[]): string[] {
  const given = events.filter((event) => event.type === 'lead.assigned');
  return [
    ...given
      .slice(1)
      .filter(({ data }, index) => data.rule !== undefined || given[index]?.data.rep === data.rep)
      .map(({ seq, data }) => `${seq} gives the lead to ${data.rep}, and a rep has it`),
    ...mails
      .filter(({ toStaff }) => toStaff)
      .flatMap(({ sendId, to }) => {
        const claim = claimOf(events, sendId);
        if (!claim) return [];
        const ids = repsOf(events, claim);
        const wanted = ids.map((id) => REPS.find((rep) => rep.id === id)?.email ?? configs.sender.SALES_REP_EMAIL);
        return wanted.includes(to) ? [] : [`${sendId} went to ${to}, and the rep is ${ids.at(-1) ?? 'not assigned'}`];
      }),
  ];
}

/** The mark of the mail that the step has in the sequence of its run. */
function expectedMark(events: readonly Recorded[], sendId: string): string | undefined {
  const claim = claimOf(events, sendId);
  const run = claim && runOf(events, claim.data.runId);
  const step = run && stepsOf(run.sequence, run.version)[claim.data.step];
  return step && actionsOf(step).includes(claim.data.action) ? `${run.sequence}/${claim.data.action}` : undefined;
}

const runOf = (events: readonly Recorded[], runId: string) =>
  events
    .map(({ id, type, data }) =>
      type === 'lead.enrolled'
        ? data
        : type === 'lead.migrated'
          ? { runId: id, sequence: data.sequence, version: data.to, planned: data.planned }
          : undefined,
    )
    .find((run) => run?.runId === runId);

/** The accepted mails of one step of one run. */
const groups = (events: readonly Recorded[], mails: readonly Mail[]): Map<string, Mail[]> =>
  Map.groupBy(mails, ({ sendId }) => {
    const claim = claimOf(events, sendId);
    return claim ? `step ${claim.data.step} of run ${claim.data.runId}` : `no claim ${sendId}`;
  });

/**
 * Each call needs a claim of its own that was in the log before; each step gets one mail, unless the provider returned
 * an error for a mail that it had accepted.
 */
function mailFaults(events: readonly Recorded[], { esp: { mails, calls, chats } }: Deployment): string[] {
  const messages = [...mails, ...chats.posts];
  return [
    ...[...groups(events, mails)]
      .filter(
        ([, group]) =>
          group.filter(({ answered }) => answered !== 'error').length > 1 ||
          group.slice(0, -1).some(({ answered }) => answered !== 'error'),
      )
      .map(([step, group]) => `${group.length} mails for ${step}`),
    ...[...Map.groupBy(calls, ({ sendId }) => sendId)]
      .filter(([, group]) => group.length > 1)
      .map(([sendId]) => `the provider was called twice for ${sendId}`),
    ...calls.flatMap(({ sendId, by, afterSeq }) => {
      const claim = claimOf(events, sendId);
      if (!claim || claim.seq > afterSeq) return [`the provider was called for ${sendId}, which was not claimed`];
      return claim.source === by ? [] : [`${by} called the provider for ${sendId}, the claim of ${claim.source}`];
    }),
    ...messages
      .filter(({ sendId, mark }) => mark !== expectedMark(events, sendId))
      .map(({ sendId, mark }) => `${sendId} is the mail of another step: ${mark}`),
    ...messages
      .filter(({ sendId, toStaff }) => claimOf(events, sendId)?.data.audience !== (toStaff ? 'staff' : 'lead'))
      .map(({ sendId, to }) => `${sendId} went to ${to}`),
    ...messages
      .filter(
        (mail) =>
          about(events, mail.sendId).some((event) => isDenied(event, mail)) &&
          !about(events, mail.sendId).some(({ type }) => ACCEPTED.has(type)),
      )
      .map(({ sendId }) => `the provider accepted ${sendId}, and the log has it as not sent`),
    ...events
      .filter(
        (event) =>
          event.type === 'lead.sent' &&
          event.data.evidence !== 'operator' &&
          !messages.some(({ sendId }) => sendId === event.data.sendId),
      )
      .map(({ seq }) => `${seq} records a mail as sent that the provider never had`),
  ];
}

/** By sequence, the time at which the log stored each event. */
const storedIn = ({ streams }: Deployment): Map<number, number> =>
  new Map(streams.of('LEADS').map(({ seq, atMs }) => [seq, atMs]));

/** Calls after an event that the sender had already read, or later than its own clock allowed. */
function lateCalls(deployment: Deployment): string[] {
  const { events, esp } = deployment;
  const storedMs = storedIn(deployment);
  return esp.calls.flatMap(({ sendId, atMs, readSeq }) => {
    const claim = claimOf(events, sendId);
    const ageMs = atMs - (storedMs.get(claim?.seq ?? 0) ?? atMs);
    const read = claim?.data.audience === 'lead' ? events.filter(({ seq }) => seq > claim.seq && seq <= readSeq) : [];
    const resumedSeq = read.findLast(({ type }) => type === 'lead.resumed')?.seq ?? 0;
    const after =
      claim &&
      read.find(
        (event) =>
          halts(event, runOf(events, claim.data.runId)?.sequence) &&
          !(event.type === 'lead.paused' && event.seq < resumedSeq),
      );
    return [
      ...(ageMs > CLAIM_AGE_MS_MAX ? [`the provider was called for ${sendId} ${ageMs} ms after it was claimed`] : []),
      ...(after ? [`the provider was called for ${sendId} by a sender that had read ${after.seq}, ${after.type}`] : []),
    ];
  });
}

/** Half of a claim's deadline, as the sender computes it, plus the time to the provider. */
const CLAIM_AGE_MS_MAX = 38_000;
const HALTS: ReadonlySet<string> = new Set([
  'lead.paused',
  'lead.suppressed',
  'lead.erased',
  'lead.complained',
  'lead.bounced',
  'lead.send-unknown',
]);

/** Written here once more: the services' own table is judged by it. */
const REPLY_HALTS = {
  human: true,
  left: true,
  unsubscribe: true,
  'out-of-office': false,
  auto: false,
} satisfies Record<Recorded<'lead.replied'>['data']['class'], boolean>;

function halts(event: Recorded, sequence: string | undefined): boolean {
  if (event.type === 'lead.unsubscribed') return unsubscribesFrom(event, sequence);
  if (event.type === 'lead.replied') return event.data.authenticated !== false && REPLY_HALTS[event.data.class];
  return HALTS.has(event.type);
}

/** Leads that the read model shows as under way without a next action: no process will look at them again. */
const forgotten = (seen: readonly Shown[]): string[] =>
  seen
    .filter(({ status, isDue }) => (status === 'active' || status === 'new') && !isDue)
    .map(({ status }) => `it is ${status}, and nothing comes next`);

/** A refused step is not planned again before the retry time set by the provider or by us. */
const early = (events: readonly Recorded[]): string[] =>
  events.flatMap((event, index) => {
    if (event.type !== 'lead.step-planned' || event.data.why !== 'retry') return [];
    const { runId, planned } = event.data;
    // A claim that was given back after the refusal has already waited as long as required.
    const refusal = events
      .slice(0, index)
      .findLast(
        (other) =>
          (other.type === 'lead.send-deferred' || other.type === 'lead.send-skipped') &&
          other.data.runId === runId &&
          other.data.step === planned.index,
      );
    const until = refusal?.type === 'lead.send-deferred' ? refusal.data.retryAt : planned.at;
    return Temporal.Instant.compare(planned.at, until) < 0
      ? [`${event.seq} plans again for ${planned.at}, before ${until}`]
      : [];
  });

/** The data of an erased lead does not return to the log by a form. */
function refilled(events: readonly Recorded[]): string[] {
  const erased = events.findIndex(({ type }) => type === 'lead.erased');
  return erased < 0
    ? []
    : events
        .slice(erased)
        .filter(({ type }) => type === 'lead.resubmitted')
        .map(({ seq }) => `${seq} brings an erased lead back`);
}

/** Personal data of the lead, to be searched for. */
const wordsOf = ({ email, people }: Deployment): string[] => {
  const phones = new Set(people.submitted.flatMap(({ phone }) => phone ?? []));
  return [email, '"Jane"', ...phones];
};

/** The model has no publisher of outcomes. */
const publicFaults = ({ deployment, events, partitions, modelled }: JudgedRun): string[] => {
  const told = deployment.streams.of('PUBLIC');
  const isRestored = deployment.runtime.restoring?.restored !== undefined;
  return modelled ? [] : toldFaults({ events, told, partitions, words: wordsOf(deployment), isRestored });
};

/** No data of an erased lead is readable, whatever the processes were doing at that moment. */
const unerased = (events: readonly Recorded[], deployment: Deployment): string[] =>
  events.some(({ type }) => type === 'lead.erased')
    ? deployment.runtime.readable(wordsOf(deployment)).map((where) => `an erased lead can be read in ${where}`)
    : [];

/**
 * Untrusted submissions that start no run although they should: the first of its sequence, for a lead without a run of
 * the same or a higher rank.
 */
function heldBack(events: readonly Recorded[]): string[] {
  return courseOf(events, readClaims(events).claims).course.flatMap(
    ({ event, place: { next: now, aside, standing, sequences } }) => {
      if (event.type !== 'lead.resubmitted' || event.data.trusted !== false) return [];
      const own = triggered.find(({ triggers }) => triggers.some((tag) => event.data.tags.includes(tag)));
      if (!own || stopOf(standing, own.sequence) !== null || standing.left.has(own.sequence)) return [];
      if (
        events.some(
          ({ seq, data }) =>
            seq < event.seq &&
            (('route' in data && data.route?.sequence === own.sequence) ||
              ('sequence' in data && data.sequence === own.sequence)),
        )
      )
        return [];
      const next = aside ?? now;
      const underWay =
        'runId' in next ? (sequences.get(next.runId) ?? ('sequence' in next ? next.sequence : null)) : null;
      const rank = triggered.find(({ sequence }) => sequence === underWay)?.rank ?? -Infinity;
      return rank >= own.rank || event.data.route?.sequence === own.sequence
        ? []
        : [`${event.seq} starts no ${own.sequence}`];
    },
  );
}

/** A migrated run waits for a step of its new version, as that version defines it. */
const migrationFaults = (events: readonly Recorded[]): string[] =>
  events.flatMap((event) => {
    if (event.type !== 'lead.migrated') return [];
    const { sequence, to, planned } = event.data;
    const target = sequenceOf(sequence, to);
    const step = target && drawnFor(target, event.leadId).steps[planned.index];
    const defined = [step?.id, step?.action, step?.when, target?.stopWhen];
    return isDeepStrictEqual([planned.id, planned.action, planned.when, planned.exits], defined)
      ? []
      : [`${event.seq} plans a step that is not of ${sequence} v${to}`];
  });

/** Events from a rep's mailbox are not events of the lead. */
const staffFaults = (events: readonly Recorded[]): string[] =>
  events
    .filter(
      ({ type, data }) =>
        type !== 'lead.delivered' &&
        REPORTS.has(type) &&
        'sendId' in data &&
        data.sendId !== undefined &&
        claimOf(events, data.sendId)?.data.audience === 'staff',
    )
    .map(({ seq, type }) => `${seq} is a ${type} of a mail to the rep`);

const REPORTS: ReadonlySet<string> = new Set([
  'lead.delivered',
  'lead.opened',
  'lead.clicked',
  'lead.bounced',
  'lead.undelivered',
  'lead.complained',
  'lead.unsubscribed',
]);
const ACCEPTED: ReadonlySet<string> = new Set(['lead.sent', ...REPORTS]);

const CLOSING: ReadonlySet<string> = new Set(['lead.complained', 'lead.bounced', 'lead.suppressed']);

function losses(events: readonly Recorded[], { people, esp }: Deployment): string[] {
  const erased = events.find(({ type }) => type === 'lead.erased');
  // After one of these, further unsubscribes add no event.
  const closed = events.some(({ type }) => CLOSING.has(type));
  const keys = new Set(events.flatMap(({ data }) => ('intake' in data ? [data.intake.key] : [])));
  return [
    ...(erased
      ? []
      : people.submitted
          .filter(({ id, by }) => !keys.has(`${by}/${id}`))
          .map(({ id }) => `submission ${id} is not in the log`)),
    ...(erased ? [] : esp.expected)
      .filter(
        (expected) =>
          !(expected.type === 'lead.unsubscribed' && !expected.sendId && closed) &&
          !events.some((event) => says(event, expected)),
      )
      .map(({ type, sendId }) => `${type} of ${sendId || 'the lead'} is not in the log`),
    ...events.flatMap((event) =>
      event.type === 'lead.sequence-completed' && event.data.why === 'finished' ? unfinished(events, event) : [],
    ),
  ];
}

const says = (event: Recorded, { type, sendId, sequence, forged = false }: ExpectedEvent): boolean =>
  event.type === type &&
  (event.type !== 'lead.replied' || (event.data.authenticated === false) === forged) &&
  (!sendId || ('sendId' in event.data && event.data.sendId === sendId)) &&
  (event.type !== 'lead.unsubscribed' || unsubscribesFrom(event, sequence));

/**
 * A finished run has for each of its steps an accepted mail, an operator's decision, a dead number, or a guard that
 * left it out.
 */
function unfinished(events: readonly Recorded[], { data: { runId } }: Recorded<'lead.sequence-completed'>): string[] {
  const run = runOf(events, runId);
  if (!run) return [`run ${runId} is finished and was never begun`];
  return stepsOf(run.sequence, run.version).flatMap((_, step) => {
    if (step < run.planned.index) return [];
    const isLeftOut = events.some(
      ({ type, data }) =>
        type === 'lead.send-skipped' && isSettledBy(data) && data.runId === runId && data.step === step,
    );
    if (isLeftOut) return [];
    const sends = events.filter(
      (event) => event.type === 'lead.send-started' && event.data.runId === runId && event.data.step === step,
    );
    const done = sends.some(
      (claim) =>
        claim.type === 'lead.send-started' &&
        about(events, claim.data.sendId).some(
          (event) =>
            ACCEPTED.has(event.type) ||
            (event.type === 'lead.send-skipped' && event.data.guard === 'operator') ||
            (event.type === 'lead.send-failed' && (event.data.closed ?? event.data.optedOut) === true),
        ),
    );
    return done ? [] : [`run ${runId} is finished without step ${step}`];
  });
}
