import { enricherSchema, type Enricher } from '@leadstream/contracts/events';
import { foundByDomain, type Found } from '@leadstream/lead/enrich';
import type { LeadState } from '@leadstream/lead/state';
import { after as later } from '@leadstream/lead/hours';
import { clean } from '@leadstream/lead/hygiene';
import type { Submission } from '@leadstream/lead/triage';
import type { LeadCreated } from '@leadstream/contracts/lead-created';
import type { Folder } from '../folder.ts';
import { routed } from '../submission.ts';
import type { Case, ExpectedMail, PlacedCase, Then } from './cases.ts';
import type { Mail } from './mail.ts';
import { simulateLead, type Given } from './simulate-lead.ts';
import type { Act, Setting } from './world.ts';

/** The deployment's settings that a case depends on. */
export interface CaseSettings extends Pick<Setting, 'mails' | 'reenrolAfterMs'> {
  hours: Setting['planning']['hours'];
  defaultRegion: string;
  defaultTimeZone: string;
}

/** The differences between the expected mails and those of the simulated lead, in words; none: the case holds. */
export function runCase(placed: PlacedCase, folder: Folder, settings: CaseSettings): string[] {
  const { case: one, sequence } = placed;
  const inputs = inputsOf(one, folder, settings);
  if (typeof inputs === 'string') return [inputs];
  const { leadId, untilMs, given, happens } = inputs;
  const happened = new Set(happens);
  const { mails, state } = simulateLead(leadId, given, untilMs, {
    ...settingOf(one, folder, settings),
    react: (mail) =>
      one.then
        .filter((then) => then.after !== undefined && !happened.has(then) && isStep(then.after, mail, sequence))
        .flatMap((then) => {
          if (then.does === 'submits') return [];
          const afterMs = waitMs(then, mail);
          if (Date.parse(mail.at) + afterMs <= untilMs) happened.add(then);
          return { afterMs, act: actOf(then, mail) };
        }),
  });
  const never = one.then.filter((then) => !happened.has(then));
  return [
    ...(one.expect ? differences(one.expect, mails, sequence) : []),
    ...(one.tags ? tagDifferences(one.tags, state.tags) : []),
    ...never.map(({ does, after, at }) => `${does} ${after ? `after ${after}` : `at ${at}`}: it never happens`),
  ];
}

/** The canary's domain in a case: no mail leaves for it (RFC 2606). */
const CANARY_DOMAIN = 'canary.test';

interface Inputs {
  /** The address: a case for each variant of a mail takes another one. */
  leadId: string;
  untilMs: number;
  given: Given[];
  /** The entries of `then` among them. */
  happens: Then[];
}

/** The submissions and what happens at a time; or the refusal of a form. */
function inputsOf(one: Case, { sequences, routes }: Folder, settings: CaseSettings): Inputs | string {
  if (!routes) return 'the folder has no routes';
  const startMs = Date.parse(one.at);
  const untilMs = startMs + one.days * DAY_MS;
  const submissionOf = (created: LeadCreated, atMs: number, seq: number): Submission | string => {
    const at = Temporal.Instant.fromEpochMilliseconds(atMs);
    const cleaned = clean(created, settings);
    if ('refused' in cleaned) return `the lead is refused: ${cleaned.refused.field}: ${cleaned.refused.reason}`;
    const { defaultTimeZone } = settings;
    return {
      ...routed(cleaned, { routes, sequences, defaultTimeZone, at, canaryDomain: CANARY_DOMAIN }),
      intake: { seq, key: `case/${seq}`, source: 'case' },
      trusted: true,
      ...(cleaned.contact.phone === undefined ? {} : { number: cleaned.contact.phone }),
    };
  };
  const first = submissionOf(one.lead, startMs, 1);
  if (typeof first === 'string') return first;
  const given: (Given & { then?: Then })[] = [{ atMs: startMs, submission: first }];
  for (const then of one.then) {
    const atMs = Date.parse(then.at ?? '');
    if (!(atMs >= startMs && atMs <= untilMs)) continue;
    if (then.does !== 'submits') {
      given.push({ then, atMs, act: (last) => actOf(then, last) });
      continue;
    }
    const submission = submissionOf(then.lead, atMs, given.length + 1);
    if (typeof submission === 'string') return submission;
    given.push({ then, atMs, submission });
  }
  return { leadId: first.contact.address, untilMs, given, happens: given.flatMap(({ then }) => then ?? []) };
}

const settingOf = (one: Case, { sequences, reps, tags }: Folder, settings: CaseSettings): Setting => ({
  ...settings,
  tagRules: tags?.rules,
  enrichers: enricherSchema.options.map((name) => ({ name, find: (state) => foundIn(one, name, state) })),
  planning: {
    delayScale: 1,
    hours: settings.hours,
    sequence: (id) => sequences.find((sequence) => sequence.id === id),
    isActive: (id) => sequences.some((sequence) => sequence.id === id),
    reps: reps?.reps,
  },
  draw: () => one.draw,
});

/** The company of the domain is found as in a deployment; what another system would find, the case says. */
function foundIn({ found }: Case, name: Enricher, state: LeadState): Found {
  const facts = found[name];
  if (facts) return { outcome: 'enriched', facts };
  return name === 'domain' ? foundByDomain(state) : { outcome: 'nothing' };
}

const waitMs = ({ wait }: Then, { at, timeZone }: Mail): number =>
  later(Temporal.Instant.from(at), wait, timeZone ?? 'UTC').epochMilliseconds - Date.parse(at);

const isStep = (named: string, { sequence, step }: Mail, own: string): boolean =>
  (named.includes('/') ? named : `${own}/${named}`) === `${sequence}/${step}`;

type Does = Exclude<Then, { does: 'submits' }>;

function actOf(then: Does, mail: Mail | undefined): Act {
  const about = mail ? { sendId: mail.sendId } : {};
  switch (then.does) {
    case 'replies':
      return { fact: { kind: 'replied', class: 'human', matchedBy: 'token' } };
    case 'replies-unproven':
      return { fact: { kind: 'replied', class: 'human', matchedBy: 'address', authenticated: false } };
    case 'is-away':
      return { fact: { kind: 'replied', class: 'out-of-office', matchedBy: 'token', until: then.until } };
    case 'unsubscribes':
      return { fact: { kind: 'unsubscribed', via: 'page' } };
    case 'clicks':
      return { fact: { ...about, kind: 'clicked' } };
    case 'bounces':
      return { fact: { ...about, kind: 'bounced' } };
    case 'complains':
      return { fact: { ...about, kind: 'complained' } };
    case 'is-tagged':
      return { command: { kind: 'tag', by: 'case', add: [then.tag], remove: [] } };
  }
}

const DAY_MS = 86_400_000;
const RECIPIENT = { lead: 'lead', staff: 'rep' } as const;
const minute = (text: string): string => text.replace('T', ' ').slice(0, 'YYYY-MM-DD hh:mm'.length);
const localTime = ({ at, timeZone }: Mail): string =>
  minute(
    Temporal.Instant.from(at)
      .toZonedDateTimeISO(timeZone ?? 'UTC')
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' }),
  );

/** In the order of time, one by one: the first difference shifts none of the later ones. */
function differences(expected: readonly ExpectedMail[], mails: readonly Mail[], own: string): string[] {
  const left = [...mails];
  const found: string[] = [];
  for (const one of expected) {
    const index = left.findIndex((mail) => isStep(one.step, mail, own) && RECIPIENT[mail.audience] === one.to);
    const [mail] = index < 0 ? [] : left.splice(index, 1);
    found.push(...(mail ? mismatch(one, mail) : [`${one.step} to the ${one.to} at ${range(one)}: no such mail`]));
  }
  return [...found, ...left.map((mail) => `${named(mail)}: not expected`)];
}

const tagDifferences = (expected: readonly string[], tags: readonly string[]): string[] => [
  ...expected.filter((tag) => !tags.includes(tag)).map((tag) => `the lead does not have the tag ${tag}`),
  ...tags.filter((tag) => !expected.includes(tag)).map((tag) => `the lead has the tag ${tag}: not expected`),
];

function mismatch(one: ExpectedMail, mail: Mail): string[] {
  const [from, to] = one.at.map(minute) as [string, string];
  const at = localTime(mail);
  return [
    ...(at < from || at > to ? [`${one.step} to the ${one.to}: at ${at} (${mail.timeZone}), not ${range(one)}`] : []),
    ...(one.subject !== undefined && one.subject !== mail.subject
      ? [`${one.step} to the ${one.to}: the subject is "${mail.subject}", not "${one.subject}"`]
      : []),
  ];
}

const range = ({ at: [from, to] }: ExpectedMail): string =>
  from === to ? minute(from) : `${minute(from)} to ${minute(to)}`;

const named = (mail: Mail): string =>
  `${mail.sequence}/${mail.step} to the ${RECIPIENT[mail.audience]} at ${localTime(mail)}, "${mail.subject}"`;
