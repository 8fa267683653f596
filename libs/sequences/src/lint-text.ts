import { TokenKind } from 'liquidjs';
import { tokenize } from './lint-template.ts';
import type { Finding } from './lint-template.ts';
import { segmentsOf, SEGMENTS_MAX } from './text-message.ts';
import type { Sequence, Step } from './definition.ts';

/** A problem of a part of a sequence. */
export interface StepFinding {
  path: (string | number)[];
  rule: string;
  message: string;
}

/** Of the day, in the lead's zone: the narrowest of the hours that laws on texts leave (docs/adr/0036). */
const EARLIEST = '08:00';
const LATEST = '20:00';
/** The word that a gateway and inbound understand. */
const WAY_OUT = /\bSTOP\b/;
const MARKUP = /\*\*|__|\]\(|^#{1,6} |^[*+-] |^> /;

/** Whether a template is one of texts; a template of both channels is refused. */
export const isOfText = ({ steps }: Sequence, isUser: (step: Step) => boolean): boolean =>
  steps.some((step) => step.channel === 'sms' && isUser(step));

/** Rules of a step by SMS. */
export function lintTextStep(
  { audience, window, thread, latenessMax, whenLate }: Step,
  { businessHours }: Sequence,
): [key: keyof Step, rule: string, message: string][] {
  const found: [keyof Step, string, string][] = [];
  if (audience !== 'lead') found.push(['audience', 'sms', 'a text goes to the lead; the rep gets mails']);
  if (thread) found.push(['thread', 'sms', 'a text has no subject, and follows up on none']);
  const hours = typeof window === 'object' ? window : window === 'business-hours' ? businessHours : undefined;
  if (!hours || hours.from < EARLIEST || hours.to > LATEST)
    found.push([
      'window',
      'sms',
      `a text needs hours of its own within ${EARLIEST}–${LATEST}: { days, from, to }, or the sequence’s businessHours`,
    ]);
  if (latenessMax === undefined || whenLate !== 'skip')
    found.push([
      latenessMax === undefined ? 'latenessMax' : 'whenLate',
      'sms',
      'a text needs latenessMax and whenLate: skip, so that a late one is left out and the mails behind it go on',
    ]);
  return found;
}

/** Rules of a template that only texts use. */
export function lintTextTemplate(name: string, subject: string | undefined, body: string): StepFinding[] {
  const path = (key: string) => ['templates', name, key];
  const last = body.trim().split('\n').at(-1) ?? '';
  return [
    ...(subject === undefined ? [] : [{ path: path('subject'), rule: 'sms', message: 'a text has no subject' }]),
    ...(WAY_OUT.test(last)
      ? []
      : [
          {
            path: path('body'),
            rule: 'sms',
            message: 'its last line has to name the way out, as in: Reply STOP to end',
          },
        ]),
  ];
}

/** Markup and links would be shown as they are written. */
export function lintPlain(body: string): Finding[] {
  const text = tokenize(body)
    .tokens.map((token) => (token.kind === TokenKind.HTML ? token.getText() : token.getText().replace(/[^\n]/g, 'x')))
    .join('');
  return text.split('\n').flatMap((line, index) => [
    ...(MARKUP.test(line) ? [{ line: index + 1, rule: 'sms', message: 'a text is plain: markup would be shown' }] : []),
    ...(/https?:\/\/|www\./i.test(line)
      ? [
          {
            line: index + 1,
            rule: 'sms',
            message: 'a link in a text is {{ booking_url | fallback: … }}, and no other',
          },
        ]
      : []),
  ]);
}

/** A text that is longer than it may be; undefined: it is not. */
export function tooLong(text: string): { rule: string; message: string } | undefined {
  const segments = segmentsOf(text);
  return segments > SEGMENTS_MAX
    ? { rule: 'sms', message: `the text has ${segments} segments, and may have ${SEGMENTS_MAX}` }
    : undefined;
}
