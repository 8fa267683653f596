import type { Mail } from './render.ts';
import { framedHtml } from './render-frame.ts';
import { escapeHtml } from './render-markdown.ts';

/** The end of every mail to a lead. */
export interface Footer {
  fromName: string;
  postalAddress: string;
  /** The page on which the lead leaves this sequence, or all mail. */
  wayOut: string;
}

/**
 * The mail as a lead gets it: with the sender, the postal address and the way out (CAN-SPAM, GDPR Art. 21), in the
 * frame of its sequence. The text is the same with a frame and without one.
 */
export function withFooter(
  { subject, text, html, framed }: Mail,
  { fromName, postalAddress, wayOut }: Footer,
): Omit<Mail, 'framed'> {
  const whose =
    `${escapeHtml(fromName)} · ${escapeHtml(postalAddress)}` + `<br><a href="${escapeHtml(wayOut)}">No more mails</a>`;
  return {
    subject,
    text: `${text.trimEnd()}\n\n-- \n${fromName} · ${postalAddress}\nNo more mails: ${wayOut}\n`,
    html: framed
      ? framedHtml(framed, { subject, body: html, footer: whose })
      : `${html}\n<p style="color:#667;font-size:12px">${whose}</p>\n`,
  };
}
