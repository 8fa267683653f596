import { palettesOf, readableOn, type Frame, type Palette } from './frame.ts';
import { escapeHtml } from './render-markdown.ts';

/** A frame with its signature as HTML. */
export interface Framed {
  frame: Frame;
  signature?: string;
}

export interface FramedParts {
  subject: string;
  /** HTML fragments. */
  body: string;
  footer: string;
}

/** Mail programs of phones are 320 to 430 px wide: the card shrinks without a style sheet, and never grows further. */
const WIDTH_PX = 600;

/**
 * The whole HTML document of a framed mail. Tables and inline styles, because Outlook for Windows lays nothing else
 * out and some programs drop the style sheet, which has only the dark colors and the phone's margins.
 */
export function framedHtml({ frame, signature }: Framed, { subject, body, footer }: FramedParts): string {
  const { light, dark } = palettesOf(frame);
  const page = `background-color:${light.page}`;
  const onPage = { ...light, card: light.page };
  const rows = [
    headerOf(frame, light),
    cellOf('ls-card', 'padding:28px 32px 12px;font-size:16px', light, styled(body, light.link)),
    signature && cellOf('ls-card', 'padding:0 32px 16px;font-size:16px', light, styled(signature, light.link)),
    cellOf('ls-page ls-foot', 'padding:16px 32px;font-size:12px', onPage, styled(footer, light.text)),
  ];
  return `<!doctype html>
<html${frame.language === undefined ? '' : ` lang="${escapeHtml(frame.language)}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>${styleOf(dark)}</style>
</head>
<body class="ls-page" style="margin:0;padding:0;${page}">
<table ${TABLE} width="100%" class="ls-page" style="${page}"><tr>
<td class="ls-page ls-around" align="center" style="padding:24px 12px;${page}">
<!--[if mso]><table ${TABLE} width="${WIDTH_PX}"><tr><td><![endif]-->
<table ${TABLE} width="100%" style="max-width:${WIDTH_PX}px;text-align:left">
${rows.filter(Boolean).join('\n')}
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
`;
}

const TABLE = 'role="presentation" border="0" cellpadding="0" cellspacing="0"';
const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** The renderer writes no other `<a href=` and `<p>`: those of a value are escaped. */
const styled = (html: string, link: string): string =>
  html.replaceAll('<a href=', `<a style="color:${link}" href=`).replaceAll('<p>', '<p style="margin:0 0 1em">');

const cellOf = (name: string, style: string, { text, card }: Palette, html: string): string =>
  `<tr><td class="${name} ls-side" style="${style};line-height:1.5;word-break:break-word;${FONT};` +
  `color:${text};background-color:${card}">${html}</td></tr>`;

/** `!important`: an inline style outranks every other rule of a style sheet. */
const styleOf = ({ page, card, text, link }: Palette): string =>
  [
    ':root{color-scheme:light dark;supported-color-schemes:light dark}',
    '@media (max-width:480px){.ls-around{padding:0!important}' +
      '.ls-side{padding-left:20px!important;padding-right:20px!important}}',
    `@media (prefers-color-scheme:dark){.ls-page{background-color:${page}!important;color:${text}!important}` +
      `.ls-card{background-color:${card}!important;color:${text}!important}` +
      `.ls-card a{color:${link}!important}.ls-foot a{color:${text}!important}}`,
  ].join('\n');

/** A color of its own stays in dark mode: a dark logo is not seen on a dark card. */
function headerOf({ colors, logo }: Frame, { card, text }: Palette): string {
  const header = colors?.header;
  const background = `background-color:${header ?? card}`;
  if (!logo)
    return header === undefined
      ? ''
      : `<tr><td style="height:6px;font-size:0;line-height:0;${background}">&nbsp;</td></tr>`;
  const { url, alt, width, height } = logo;
  const [name, color] = header === undefined ? ['ls-card ls-side', text] : ['ls-side', readableOn(header)];
  return (
    `<tr><td class="${name}" style="padding:20px 32px;color:${color};${background}">` +
    `<img src="${escapeHtml(url)}" alt="${escapeHtml(alt)}" width="${width}" height="${height}" ` +
    `style="display:block;max-width:100%;height:auto;border:0;${FONT};font-size:18px"></td></tr>`
  );
}
