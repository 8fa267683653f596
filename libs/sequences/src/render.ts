import type { Sequence, Template } from './definition.ts';
import type { Frame } from './frame.ts';
import { fill, reveal, type Filled } from './render-liquid.ts';
import type { Framed } from './render-frame.ts';
import { escapeHtml, toHtml, toPlain } from './render-markdown.ts';
import { oneLine, presentable, TOKENS, type Tokens } from './template-tokens.ts';
import { oursOf, plainCharacters, SEGMENTS_MAX, segmentsOf } from './text-message.ts';
import { variantOf } from './variants.ts';

export interface Mail {
  /** One line, at most 150 characters; empty for a text (SMS). */
  subject: string;
  text: string;
  /** A fragment: the sender adds the frame, the address and the unsubscribe link. */
  html: string;
  /** Of a mail to the lead, if its sequence has a frame. */
  framed?: Framed;
}

/** The mail would show a hole or broken markup, so it is not made. Names no value of the lead. */
export class Unrenderable extends Error {
  override readonly name = 'Unrenderable';
  readonly code = 'UNRENDERABLE';
}

const SUBJECT_LENGTH_MAX = 150;
/** Remains of a broken template; searched for while the lead's own values are still hidden. */
const LEFTOVER = /\{\{|\}\}|\{%|%\}|\bundefined\b|\bnull\b|\bNaN\b|\[object /;

const TOKEN_ENTRIES = Object.entries(TOKENS);
/** The tokens that are our own addresses. */
const LINKS = TOKEN_ENTRIES.flatMap(([name, token]) => ('link' in token ? [name] : []));

const scopeOf = (tokens: Tokens): Record<string, string | null> =>
  Object.fromEntries(TOKEN_ENTRIES.map(([name, token]) => [name, presentable(tokens[name], 'lines' in token) ?? null]));

function fillWhole(part: string, text: string, scope: Record<string, string | null>): Filled {
  const filled = fill(text, scope);
  if (!filled.text.trim()) throw new Error(`the ${part} is empty`);
  const [leftover] = LEFTOVER.exec(filled.text) ?? [];
  if (leftover) throw new Error(`the ${part} would show ${leftover}`);
  return filled;
}

/** A value in HTML; one of our own addresses becomes a link. */
function shownIn(scope: Record<string, string | null>): (value: string) => string {
  return (value) => {
    const text = escapeHtml(value);
    return LINKS.some((name) => scope[name] === value) && /^https?:\/\//i.test(value)
      ? `<a href="${text}">${text}</a>`
      : text.replaceAll('\n', '<br>');
  };
}

const shown = (filled: Filled): string => reveal(filled.text, filled, (value) => value);
const htmlOf = (filled: Filled, scope: Record<string, string | null>): string =>
  reveal(toHtml(filled.text), filled, shownIn(scope));

function orUnrenderable<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new Unrenderable(cause instanceof Error ? cause.message : 'no mail could be made of the template', { cause });
  }
}

/**
 * One mail from a template, deterministic. Values stay text: no value becomes markup, a link or a header line; our own
 * addresses that become links are named in `TOKENS`. Throws Unrenderable rather than show a hole.
 */
export const render = (template: Template, tokens: Tokens): Mail =>
  orUnrenderable(() => {
    const scope = scopeOf(tokens);
    const subject = shown(fillWhole('subject', template.subject ?? '', scope));
    const body = fillWhole('body', template.body, scope);
    return {
      subject: oneLine(subject, SUBJECT_LENGTH_MAX),
      text: reveal(toPlain(body.text), body, (value) => value),
      html: htmlOf(body, scope),
    };
  });

/**
 * A text (SMS) from a template: plain, without a subject. One that the lead's values make too long shows the template's
 * fallbacks in their place. Throws Unrenderable.
 */
function renderText({ body }: Template, tokens: Tokens): Mail {
  const textOf = (known: Tokens): string =>
    orUnrenderable(() => plainCharacters(shown(fillWhole('body', body, scopeOf(known)))));
  const whole = textOf(tokens);
  const text = segmentsOf(whole) > SEGMENTS_MAX ? textOf(oursOf(tokens)) : whole;
  return { subject: '', text, html: `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>` };
}

/** The frame of a sequence, its signature with the tokens of a mail. Throws Unrenderable. */
const framedBy = (frame: Frame, tokens: Tokens): Framed =>
  orUnrenderable(() => {
    if (frame.signature === undefined) return { frame };
    const scope = scopeOf(tokens);
    return { frame, signature: htmlOf(fillWhole('signature', frame.signature, scope), scope) };
  });

/** The variant of a mail: the template that was planned, and the lead whose draw decides the first mail's. */
export interface Variant {
  action?: string;
  leadId?: string;
}

/**
 * The mail of one step, by its id. A step of a thread has the subject of the first mail to the same audience, after
 * "Re:".
 * Throws Unrenderable, also when the sequence has no such step or template.
 */
export function renderStep(sequence: Sequence, stepId: string, tokens: Tokens, { action, leadId }: Variant = {}): Mail {
  const step = sequence.steps.find(({ id }) => id === stepId);
  const template = step && sequence.templates[action ?? step.action];
  if (!step || !template)
    throw new Unrenderable(`${sequence.id} v${sequence.version} has no step ${stepId} with a template`);
  if (step.channel === 'sms') return renderText(template, tokens);
  const framed = sequence.frame && step.audience === 'lead' ? { framed: framedBy(sequence.frame, tokens) } : {};
  if (!step.thread) return { ...render(template, tokens), ...framed };
  const first = sequence.steps.find(({ audience, channel }) => audience === step.audience && channel === 'email');
  const subject = (first && sequence.templates[variantOf(sequence, first, leadId ?? null)]?.subject) ?? '';
  return { ...render({ subject: subject && `Re: ${subject}`, body: template.body }, tokens), ...framed };
}
