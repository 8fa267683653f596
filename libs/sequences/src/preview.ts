import type { Sequence, Step } from './definition.ts';
import type { Folder } from './folder.ts';
import { withFooter } from './footer.ts';
import { renderStep, Unrenderable, type Mail } from './render.ts';
import { matchSource } from './routes.ts';
import { tokensOf, type TokenInput } from './template-tokens.ts';
import { actionsOf } from './variants.ts';

type Previewed = Pick<Folder, 'sequences' | 'routes' | 'reps'>;

export interface PreviewSettings {
  fromName: string;
  postalAddress: string;
  bookingUrl: string;
  publicUrl: string;
}

/** A mail to an example lead; without `mail` it cannot be written, and `fault` says why. */
export interface PreviewMail {
  lead: 'full' | 'empty';
  /** The tags that start the sequence with this very mail. */
  tags: string[];
  mail?: Mail;
  fault?: string;
}
export interface PreviewStep {
  step: Step;
  /** The template's file in the folder. */
  file: string;
  mails: PreviewMail[];
}
export interface PreviewSequence {
  sequence: Sequence;
  steps: PreviewStep[];
}

/**
 * All mails of a folder's readable sequences, as a lead of whom all is known gets them, and one who left only an
 * address.
 */
export const previewOf = (folder: Previewed, settings: PreviewSettings): PreviewSequence[] =>
  folder.sequences.map((sequence) => ({
    sequence,
    steps: sequence.steps.flatMap((one) =>
      actionsOf(one)
        .map((action) => ({ ...one, action }))
        .map((step) => ({
          step,
          file: `${sequence.id}/${step.action}.md`,
          mails: (['full', 'empty'] as const).flatMap((lead) => mailsTo(lead, step, sequence, folder, settings)),
        })),
    ),
  }));

/** One mail for each tag that starts the sequence; equal ones are one. */
function mailsTo(
  lead: PreviewMail['lead'],
  step: Step,
  sequence: Sequence,
  folder: Previewed,
  settings: PreviewSettings,
): PreviewMail[] {
  const tags: (string | undefined)[] = sequence.triggers.length > 0 ? sequence.triggers : [undefined];
  const mails: PreviewMail[] = [];
  for (const tag of tags) {
    const made = mailOf(step, sequence, inputOf(lead, tag, sequence, folder, settings), settings);
    const same = mails.find(({ mail, fault }) => fault === made.fault && isSame(mail, made.mail));
    if (same) same.tags.push(...(tag === undefined ? [] : [tag]));
    else mails.push({ lead, tags: tag === undefined ? [] : [tag], ...made });
  }
  return mails;
}

const isSame = (a?: Mail, b?: Mail): boolean => a?.subject === b?.subject && a?.text === b?.text && a?.html === b?.html;

function mailOf(
  step: Step,
  sequence: Sequence,
  input: TokenInput,
  { fromName, postalAddress, publicUrl }: PreviewSettings,
): Pick<PreviewMail, 'mail' | 'fault'> {
  try {
    const mail = renderStep(sequence, step.id, tokensOf(input), { action: step.action });
    if (step.audience === 'staff' || step.channel === 'sms') return { mail };
    const wayOut = `${publicUrl.replace(/\/$/, '')}/u/example?sequence=${encodeURIComponent(sequence.id)}`;
    return { mail: withFooter(mail, { fromName, postalAddress, wayOut }) };
  } catch (error) {
    if (!(error instanceof Unrenderable)) throw error;
    return { fault: error.message };
  }
}

function inputOf(
  lead: PreviewMail['lead'],
  tag: string | undefined,
  sequence: Sequence,
  folder: Previewed,
  settings: PreviewSettings,
): TokenInput {
  const { bookingUrl } = settings;
  const rep = sequence.assign && lead === 'full' ? folder.reps?.reps[0] : undefined;
  const fromName = rep?.name ?? settings.fromName;
  const common = { tags: tag === undefined ? [] : [tag], sequence, settings: { bookingUrl, fromName } };
  if (lead === 'empty') return { ...common, contact: { email: 'jane@example.com' }, dossier: { source: 'unknown' } };
  return {
    ...common,
    contact: { email: 'jane.doe@example.com', firstName: 'Jane', lastName: 'Doe', phone: '+4930901820' },
    dossier: {
      source: sourceOf(tag, sequence, folder),
      medium: 'paid_search',
      campaign: 'q4_enterprise_focus',
      pageURL: 'https://example.com/guides/kubernetes-cost-optimization',
      submissionTimestamp: '2026-11-23T09:00:00Z',
      fields: { company: 'Acme Cloud', message: 'We would like to see it with our own data.\nWhen could we talk?' },
    },
    reply: 'Thanks, this looks good.\nCould we talk on Thursday?',
    news: 'message: We also need a quote.',
    unprovenAnswers: '3',
  };
}

/** A source that the routes give this tag, with a title of its own if the sequence has one for it. */
function sourceOf(tag: string | undefined, { titles = {} }: Sequence, { routes }: Previewed): string {
  const entries = (routes?.routes ?? []).flatMap((route) =>
    route.sources.map((source) => [source, route.tag] as const),
  );
  const titled = Object.keys(titles).find((source) => matchSource(source, entries) === tag);
  const routed = entries.find(([, given]) => given === tag)?.[0];
  return (titled ?? routed ?? 'example').replace('*', 'example');
}
