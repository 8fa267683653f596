import { createHash } from 'node:crypto';
import { escapeHtml } from '@leadstream/sequences/render-markdown';
import { style } from './page-style.ts';

const policy =
  "default-src 'none'; base-uri 'none'; form-action 'none'; " +
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`;

/** A report as one page that loads nothing and runs no script. `content` is HTML, the other two are text. */
export const page = (title: string, about: string, content: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="quiet">${escapeHtml(about)}</p>
</header>
<main>
${content.join('\n')}
</main>
</body>
</html>
`;

export const figureList = (shown: readonly (readonly [string, string | number])[]): string =>
  `<dl>${shown.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;

export const section = (title: string, content: string): string => `<section><h2>${title}</h2>${content}</section>\n`;

/** Scrolls on its own, by the keyboard too, so that the page does not. */
export const wide = (name: string, content: string): string =>
  `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(name)}">${content}</div>`;

export function rowsOf(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  name = `Table: ${head.join(', ')}`,
): string {
  if (rows.length === 0) return '<p class="quiet">none</p>';
  const header = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join('')}</tr>`)
    .join('');
  return wide(name, `<table><thead><tr>${header}</tr></thead><tbody>${body}</tbody></table>`);
}
