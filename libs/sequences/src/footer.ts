import type { Mail } from './render.ts';
import { escapeHtml } from './render-markdown.ts';

/** The end of every mail to a lead. */
export interface Footer {
  fromName: string;
  postalAddress: string;
  /** The page on which the lead leaves this sequence, or all mail. */
  wayOut: string;
}

/** The mail as a lead gets it: with the sender, the postal address and the way out (CAN-SPAM, GDPR Art. 21). */
export const withFooter = ({ subject, text, html }: Mail, { fromName, postalAddress, wayOut }: Footer): Mail => ({
  subject,
  text: `${text.trimEnd()}\n\n-- \n${fromName} · ${postalAddress}\nNo more mails: ${wayOut}\n`,
  html:
    `${html}\n<p style="color:#667;font-size:12px">${escapeHtml(fromName)} · ` +
    `${escapeHtml(postalAddress)}<br><a href="${escapeHtml(wayOut)}">No more mails</a></p>\n`,
});
