import { gatewaySchema } from '@leadstream/contracts/events';
import type { Hold } from '@leadstream/contracts/guard';
import type { PausedSources } from '@leadstream/service/account';
import { usageInWords } from '@leadstream/service/account-usage';
import { VISITS, type Visit } from '@leadstream/service/asked';
import type { AccountFigures, Depth } from '@leadstream/service/broker-figures';
import type { Due, LeadFigures } from '@leadstream/service/lead-figures';
import type { EndpointShown } from './webhooks-shown.ts';

type Account = Omit<AccountFigures, 'sources'> & { name: string; sources: PausedSources | 'unreadable' };

/** Answers of the servers about the whole system. */
export interface Figures {
  at: string;
  consumers: Depth[];
  /** Messages by stream. */
  streams: Record<string, number>;
  account: Account;
  /** Of the texts. */
  gateway: Account;
  hold: Hold | null;
  /** null: MongoDB does not answer. */
  readModel: (LeadFigures & { due: Record<Visit, Due> }) | null;
  webhooks: EndpointShown[];
}

export interface Matter {
  what: string;
  why: string;
  /** The command that shows or mends it. */
  next: string;
}
export interface Judgement {
  waits: Matter[];
  needs: Matter[];
}

/** A shorter wait is load. */
const LATE_SECONDS = 60;

const VISIT_WORDS: Readonly<Record<Visit, string>> = {
  step: 'for their next step',
  again: 'for their sender to be asked again',
  sweep: 'for the sweep of a claim',
  watchdog: 'for a plan',
};

export const judged = (figures: Figures): Judgement => ({
  waits: [...queues(figures), ...dues(figures), ...endpointsLate(figures)],
  needs: [...needs(figures), ...endpointsStopped(figures)],
});

function queues({ consumers, account, gateway, hold }: Figures): Matter[] {
  const accounts: Readonly<Record<string, Account>> = { sender: account, sms: gateway };
  return consumers
    .filter(({ oldestSeconds }) => oldestSeconds > LATE_SECONDS)
    .map(({ consumer, pending, inHand, pulls, oldestSeconds }) => {
      const what = `${consumer}: ${pending + inHand} messages, the oldest for ${lasting(oldestSeconds)}`;
      if (hold && consumer !== 'triage' && consumer !== 'inbound')
        return { what, why: `the log is held: ${hold.why}`, next: 'leadctl restore status' };
      const held = accounts[consumer] && heldBy(accounts[consumer]);
      if (held) return { what, ...held };
      const why = pulls === 0 && inHand === 0 ? 'no process takes them' : 'its process fails, waits or is too slow';
      return { what, why, next: `the log and /readyz of ${consumer.replace(/-\d+$/, '')}` };
    });
}

/** Why no message goes out through the account; undefined: the account holds none. */
function heldBy(account: Account): Omit<Matter, 'what'> | undefined {
  const { pause, waitsUntil } = account;
  const next = showOf(account);
  if (pause) return { why: `the account is paused by ${pause.by}: ${pause.why}`, next };
  if (waitsUntil === null) return undefined;
  return { why: `the account’s cap of today is used: ${usageInWords(account)}; goes on at ${waitsUntil}`, next };
}

const showOf = ({ name }: Account): string =>
  `leadctl account show${gatewaySchema.safeParse(name).success ? ` --account ${name}` : ''}`;

function dues({ readModel, hold }: Figures): Matter[] {
  const scheduler = 'the log and /readyz of scheduler';
  if (!readModel)
    return [{ what: 'the read model', why: 'MongoDB does not answer: nothing new becomes due', next: scheduler }];
  return VISITS.filter((kind) => readModel.due[kind].oldestSeconds > LATE_SECONDS).map((kind) => {
    const { leads, oldestSeconds } = readModel.due[kind];
    const what = `hunter: ${leads} leads are due ${VISIT_WORDS[kind]}, the oldest for ${lasting(oldestSeconds)}`;
    if (hold) return { what, why: `the log is held: ${hold.why}`, next: 'leadctl restore status' };
    return kind === 'watchdog'
      ? { what, why: 'their sequence is not deployed, or no scheduler hunts', next: 'leadctl sequences list' }
      : { what, why: 'no scheduler hunts, or it cannot read MongoDB', next: scheduler };
  });
}

/** Endpoints of webhooks that fail, and have done so for longer than a repetition takes. */
const endpointsLate = ({ webhooks, at }: Figures): Matter[] =>
  webhooks.flatMap(({ name, failing, paused, heldLeads, unread }) =>
    failing && !paused && Date.parse(at) - Date.parse(failing.since) > LATE_SECONDS * 1_000
      ? [
          {
            what: `webhooks: ${name} fails since ${failing.since}; ${heldLeads} leads held, ${unread} events unread`,
            why: failing.problem,
            next: `leadctl webhooks test ${name}`,
          },
        ]
      : [],
  );

const endpointsStopped = ({ webhooks }: Figures): Matter[] =>
  webhooks.flatMap(({ name, paused, heldLeads, unread, deadLetters }) => [
    ...(paused
      ? [
          {
            what: `the endpoint ${name} is paused by ${paused.by}; ${heldLeads} leads held, ${unread} events unread`,
            why: paused.why,
            next: `leadctl webhooks resume ${name} --by <name>`,
          },
        ]
      : []),
    ...(deadLetters.length > 0
      ? [
          {
            what: `${deadLetters.length} dead letters of the endpoint ${name}`,
            why: 'it did not take them in three days',
            next: `leadctl webhooks redeliver ${name}`,
          },
        ]
      : []),
  ]);

function needs({ account, gateway, hold, readModel, streams }: Figures): Matter[] {
  const { sources } = account;
  const paused = sources === 'unreadable' ? ['all: their list is unreadable'] : Object.keys(sources);
  const quarantined = streams['QUARANTINE'] ?? 0;
  const when = (isSo: boolean, what: string, why: string, next: string): Matter[] =>
    isSo ? [{ what, why, next }] : [];
  return [
    ...when(hold !== null, 'the log is held, and nothing is sent', hold?.why ?? '', 'leadctl restore status'),
    ...(account.name === gateway.name ? [gateway] : [account, gateway]).flatMap(({ pause, ...of }) =>
      when(
        pause !== null && pause.until === undefined,
        `the account ${of.name} is paused by ${pause?.by} since ${pause?.at}`,
        `${pause?.why}${pause?.kind ? '; one message tries it now and then' : ''}`,
        showOf({ pause, ...of }),
      ),
    ),
    ...when(paused.length > 0, `${paused.length} sources are paused`, paused.join(', '), 'leadctl account show'),
    ...when(
      Boolean(readModel?.byStatus.parked),
      `${readModel?.byStatus.parked} leads are parked`,
      'their step failed for good, or its outcome is unknown',
      'leadctl leads --status parked',
    ),
    ...when(
      Boolean(readModel?.unknownSends),
      `${readModel?.unknownSends} leads have a send of unknown outcome`,
      'the provider did not say whether it took the mail',
      'leadctl sends unknown',
    ),
    ...when(
      quarantined > 0,
      `${quarantined} messages are in QUARANTINE`,
      'a consumer gave up on them',
      'leadctl quarantine list',
    ),
  ];
}

/** One screen. */
export function shown({ consumers, streams, account, readModel }: Figures, { waits, needs }: Judgement): string {
  const { name, pause, ratios } = account;
  const percent = (share: number) => `${Math.round(share * 1_000) / 10} %`;
  const queue = ({ consumer, pending, inHand, oldestSeconds }: Depth) =>
    `${consumer} ${pending + inHand}` + (oldestSeconds > 1 ? ` (oldest ${lasting(oldestSeconds)})` : '');
  const due = readModel ? VISITS.reduce((sum, kind) => sum + readModel.due[kind].leads, 0) : 0;
  const counted = Object.entries(readModel?.byStatus ?? {}).flatMap(([status, count]) =>
    count > 0 ? [`${status} ${count}`] : [],
  );
  const listed = (head: string, none: string, matters: Matter[]) =>
    matters.length === 0
      ? [`${head}${none}`]
      : matters.flatMap(({ what, why, next }, index) => [
          `${index === 0 ? head : ' '.repeat(head.length)}${what}`,
          `${' '.repeat(head.length + 2)}${why}  →  ${next}`,
        ]);
  return [
    `log      ${streams['LEADS'] ?? 0} events; ${streams['INTAKE'] ?? 0} submissions and ` +
      `${streams['FEEDBACK'] ?? 0} webhooks are kept`,
    `queues   ${consumers.length > 0 ? consumers.map(queue).join(' · ') : 'no consumer yet'}`,
    `leads    ${readModel ? [...counted, `due now ${due}`].join(' · ') : 'unknown'}`,
    `account  ${name} ${pause ? 'paused' : 'sending'} · ${usageInWords(account)} · ` +
      `bounced ${percent(ratios.bounced)}, complained ${percent(ratios.complained)}`,
    ...listed('waits    ', 'nothing for more than a minute', waits),
    ...listed('person   ', 'nothing', needs),
  ].join('\n');
}

function lasting(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
