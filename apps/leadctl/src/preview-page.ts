import { createHash } from 'node:crypto';
import { faultsOf, type Problem } from '@leadstream/sequences/read-yaml';
import type { Step } from '@leadstream/sequences/definition';
import { escapeHtml } from '@leadstream/sequences/render-markdown';
import type { Mail } from '@leadstream/sequences/render';
import type { PreviewMail, PreviewSequence, PreviewStep } from '@leadstream/sequences/preview';
import { mailStyle, style } from './preview-style.ts';

export interface Page {
  html: string;
  /** The value of Content-Security-Policy; the page has it as a meta element, too. */
  policy: string;
}

/** Reloads the page once the folder has changed, at the same place and with the same choices. */
const script = `
const choices = [...document.querySelectorAll('input')];
const chosen = JSON.parse(sessionStorage.getItem('choices') ?? '[]');
for (const choice of choices) if (chosen.includes(choice.id)) choice.checked = true;
addEventListener('change', () => sessionStorage.setItem('choices',
  JSON.stringify(choices.filter(({ checked }) => checked).map(({ id }) => id))));
new EventSource('/changes').addEventListener('changed', () => location.reload());
`;

/**
 * All mails and problems on one page without external parts. Mails are in frames without scripts, origin, forms or
 * navigation; `reloads` adds the script that waits for changes.
 */
export function previewPage(
  dir: string,
  sequences: readonly PreviewSequence[],
  problems: readonly Problem[],
  { reloads = false } = {},
): Page {
  const frames = new Frames();
  const main = sequences.map((one) => sequenceSection(one, frames)).join('\n');
  const css = style + frames.heights();
  const mails = sequences.flatMap(({ steps }) => steps.flatMap((step) => step.mails));
  const policy = policyOf({ css, mails, script: reloads ? script : undefined });
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${problems.length > 0 ? `(${problems.length}) ` : ''}Mails of ${escapeHtml(dir)}</title>
<style>${css}</style>
</head>
<body>
<header><h1>Mails of ${escapeHtml(dir)}</h1>${CHOICES}</header>
<div class="columns">
<nav aria-label="Sequences"><ul>${sequences
    .map(({ sequence: { id } }) => `<li><a href="#${escapeHtml(id)}">${escapeHtml(id)}</a></li>`)
    .join('')}</ul></nav>
<main>${problemSection(problems)}${main}</main>
</div>
${reloads ? `<script>${script}</script>\n` : ''}</body>
</html>
`;
  return { html, policy };
}

const choice = (name: string, legend: string, ...options: string[]): string =>
  `<fieldset><legend>${legend}</legend>${options
    .map((label, index) => {
      const id = label.toLowerCase() === 'both' ? `${name}-both` : label.toLowerCase();
      const checked = index === 0 ? ' checked' : '';
      return `<label><input type="radio" name="${name}" id="${id}"${checked}>${label}</label>`;
    })
    .join('')}</fieldset>`;

const CHOICES = `<form aria-label="What is shown">${[
  choice('lead', 'Lead', 'Both', 'Full', 'Empty'),
  choice('format', 'Format', 'Both', 'HTML', 'Text'),
  choice('width', 'Width', 'Desktop', 'Phone'),
  choice('scheme', 'Scheme', 'Light', 'Dark'),
].join('')}</form>`;

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A frame from `srcdoc` has the page's policy: it allows each mail's own styles by their hashes. */
function policyOf({
  css,
  mails,
  script: code,
}: {
  css: string;
  mails: PreviewMail[];
  script: string | undefined;
}): string {
  const own = mails.flatMap(({ mail }) => [
    ...[...(mail?.html ?? '').matchAll(/ style="([^"]*)"/g)].map(([, text = '']) => sha256(unescaped(text))),
    ...[...(mail?.html ?? '').matchAll(/<style>([^<]*)<\/style>/g)].map(([, text = '']) => sha256(text)),
  ]);
  const styles = [...new Set([sha256(css), sha256(mailStyle), ...own])];
  return [
    "default-src 'none'",
    `style-src ${styles.join(' ')} 'unsafe-hashes'`,
    'img-src https:',
    ...(code ? [`script-src ${sha256(code)}`, "connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
const unescaped = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? '');

function problemSection(problems: readonly Problem[]): string {
  if (problems.length === 0) return '';
  const items = problems.map(
    ({ file, line, rule, message, warns }) =>
      `<li><code>${escapeHtml(file)}${line === undefined ? '' : `:${line}`}</code> ${warns ? 'Warning: ' : ''}` +
      `${escapeHtml(message)} <span class="quiet">(${escapeHtml(rule)})</span></li>`,
  );
  const faults = faultsOf(problems).length;
  const counts = [counted(faults, 'problem'), counted(problems.length - faults, 'warning')].filter(Boolean).join(', ');
  return (
    `<section class="problems" aria-labelledby="problems"><h2 id="problems">${counts}</h2>` +
    `${faults > 0 ? '<p>A folder with a problem is not deployed.</p>' : ''}<ul>${items.join('')}</ul></section>`
  );
}

const counted = (count: number, of: string): string => (count === 0 ? '' : `${count} ${of}${count === 1 ? '' : 's'}`);

function sequenceSection({ sequence, steps }: PreviewSequence, frames: Frames): string {
  const { id, version, name, description, triggers } = sequence;
  const started = triggers.length > 0 ? `Started by ${triggers.join(', ')}.` : 'Started by no tag.';
  return (
    `<section aria-labelledby="${escapeHtml(id)}"><h2 id="${escapeHtml(id)}">${escapeHtml(name)} ` +
    `<span>${escapeHtml(id)} v${version}</span></h2><p>${escapeHtml(description)}</p>` +
    `<p class="quiet">${escapeHtml(started)}</p>` +
    `${steps.map((step, index) => stepArticle(step, index, frames)).join('\n')}</section>`
  );
}

function stepArticle({ step, file, mails }: PreviewStep, index: number, frames: Frames): string {
  const to = step.audience === 'staff' ? 'to the rep' : 'to the lead';
  return (
    `<article><h3>${index + 1}. ${escapeHtml(step.id)}</h3>` +
    `<p class="quiet">${escapeHtml([to, timeOf(step), file].join(' · '))}</p>` +
    `<div class="mails">${mails.map((mail) => mailSection(step, mail, frames)).join('')}</div></article>`
  );
}

function mailSection({ id }: Step, { lead, tags, mail, fault }: PreviewMail, frames: Frames): string {
  const title = `${lead === 'full' ? 'Full' : 'Empty'} lead`;
  const heading = `<h4>${title} <span>${escapeHtml(tags.join(', '))}</span></h4>`;
  if (!mail)
    return `<section class="mail ${lead}">${heading}<p class="fault">No mail: ${escapeHtml(fault ?? '')}</p></section>`;
  const label = escapeHtml([id, title.toLowerCase(), ...tags].join(', '));
  return (
    `<section class="mail ${lead}">${heading}` +
    `<p class="subject"><span class="quiet">Subject</span> ${escapeHtml(mail.subject)}</p>` +
    `${frames.frame(mail, `HTML of ${label}`)}<pre>${escapeHtml(mail.text)}</pre></section>`
  );
}

/** With a frame of its sequence a mail is a whole document. */
const isDocument = (html: string): boolean => html.startsWith('<!doctype');
const PLAIN_HEAD = `<meta name="color-scheme" content="light dark"><style>${mailStyle}</style>`;

/** A frame without an origin cannot be measured: its height is estimated from the text. */
class Frames {
  readonly #heights: { wide: number; narrow: number }[] = [];

  frame({ html }: Mail, title: string): string {
    const number = this.#heights.push({ wide: heightOf(html, WIDE_COLUMNS), narrow: heightOf(html, NARROW_COLUMNS) });
    const mail = escapeHtml(isDocument(html) ? html : PLAIN_HEAD + html);
    return `<iframe id="mail-${number}" title="${title}" sandbox loading="lazy" srcdoc="${mail}"></iframe>`;
  }

  heights(): string {
    return this.#heights
      .map(({ wide, narrow }, index) => {
        const frame = `#mail-${index + 1}`;
        return `${frame}{height:${wide}px}body:has(#phone:checked) ${frame}{height:${narrow}px}`;
      })
      .join('\n');
  }
}

const WIDE_COLUMNS = 60;
const NARROW_COLUMNS = 42;
const LINE_PX = 24;
const MARGIN_PX = 16;
const FRAME_PX = 130;

/** Each paragraph's lines and its margin; a frame's logo and borders. */
const heightOf = (html: string, columns: number): number =>
  html
    .replace(/<head>[^]*<\/head>|<!--[^]*?-->/g, '')
    .split(/<\/(?:p|li|h\d)>/)
    .map((part) => part.split('<br>').map((line) => line.replace(/<[^>]*>/g, '').trim()))
    .reduce(
      (px, lines) =>
        px + MARGIN_PX + LINE_PX * lines.reduce((rows, { length }) => rows + Math.ceil(length / columns), 0),
      isDocument(html) ? FRAME_PX + Number(/<img [^>]*height="(\d+)"/.exec(html)?.[1] ?? 0) : 2 * MARGIN_PX,
    );

function timeOf({ wait, window, thread }: Step): string {
  const after = !wait
    ? 'at once'
    : 'fixed' in wait
      ? `after ${inWords(wait.fixed)}`
      : `after ${inWords(wait.min)} to ${inWords(wait.max)}`;
  const hours =
    window === 'business-hours'
      ? ', in business hours'
      : window === 'none'
        ? ''
        : `, from ${window.from} to ${window.to}`;
  return `${after}${hours}${thread ? ', in the thread of the first mail' : ''}`;
}

const inWords = (duration: string): string => Temporal.Duration.from(duration).toLocaleString('en', { style: 'long' });
