import { createHash } from 'node:crypto';
import type { SandboxMessage } from './client.ts';
import type { SandboxContact } from './contacts.ts';
import { style } from './page-style.ts';

class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
type Value = string | number | Html | undefined | Html[];
function escaped(value: Value): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join('');
  return String(value ?? '').replace(/[&<>"']/g, (char) => entities[char] ?? char);
}

/** Every value in the template is escaped, unless it is a template itself: mails are untrusted text. */
const html = (parts: TemplateStringsArray, ...values: Value[]): Html =>
  new Html(String.raw({ raw: parts }, ...values.map(escaped)));

const NO_MAIL = html`<p class="empty">No mail yet. Mails to <code>/v3/mail/send</code> appear here.</p>`;

/** Reloads the page for new mails, but not while a reply is being written. */
const script = `
const seen = document.body.dataset.seen;
setInterval(async () => {
  const writing = [...document.querySelectorAll('textarea')].some((field) => field.value);
  if (document.hidden || writing || document.activeElement?.closest('form')) return;
  const messages = await fetch('/messages').then((response) => response.json()).catch(() => undefined);
  const posts = (message) => [...message.events, ...message.replies];
  const states = messages?.map((message) => message.id + posts(message).map((post) => post.status));
  if (states && states.join() !== seen) location.reload();
}, 2000);
`;
const policy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
].join('; ');

/**
 * The mailbox page for people: no external assets, and a policy under which a mail can neither run scripts nor load
 * anything.
 */
export function mailboxPage(
  messages: readonly SandboxMessage[],
  selectedId?: string,
): { html: string; policy: string } {
  const newestFirst = messages.toReversed();
  const selected = newestFirst.find(({ id }) => id === selectedId) ?? newestFirst[0];
  const seen = messages
    .map(({ id, events, replies }) => id + [...events, ...replies].map(({ status }) => status).join())
    .join();
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Sandbox mailbox (${messages.length})</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body data-seen="${seen}">
        <header>
          <h1>Sandbox mailbox</h1>
          <p>
            ${messages.length} ${messages.length === 1 ? 'mail' : 'mails'} accepted. Nothing here has left this machine.
            <a href="/hubspot">HubSpot’s contacts</a>
          </p>
        </header>
        <div class="columns">
          <nav aria-label="Mails, newest first">
            ${
              newestFirst.length
                ? html`<ol>
                    ${newestFirst.map((message) => entry(message, message === selected))}
                  </ol>`
                : ''
            }
          </nav>
          <main>${selected ? detail(selected) : NO_MAIL}</main>
        </div>
        <script>
          ${new Html(script)};
        </script>
      </body>
    </html>`;
  return { html: page.text, policy };
}

/** HubSpot's contacts, with what Leadstream wrote of each. */
export function contactsPage(contacts: readonly SandboxContact[]): { html: string; policy: string } {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>HubSpot’s contacts (${contacts.length})</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>HubSpot’s contacts</h1>
          <p>${contacts.length} in the sandbox. <a href="/">Mailbox</a></p>
        </header>
        <main>
          ${contacts.map(
            ({ id, properties, writes }) =>
              html`<h2>${id} ${properties['email']}</h2>
                <dl>
                  ${Object.entries(properties).map(
                    ([name, value]) =>
                      html`<dt>${name}</dt>
                        <dd>${value}</dd>`,
                  )}
                </dl>
                <p>written ${writes.length} times</p>`,
          )}
        </main>
      </body>
    </html>`;
  return { html: page.text, policy };
}

const time = (iso: string): Html => html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
const named = (email: string, name?: string): string => (name ? `${name} <${email}>` : email);
const words: Record<string, string> = {
  bounce: 'bounced',
  spamreport: 'complained',
  unsubscribe: 'unsubscribed',
  open: 'opened',
  click: 'clicked',
};
const buttons = { open: 'Open', click: 'Click', bounce: 'Bounce', spamreport: 'Complaint', unsubscribe: 'Unsubscribe' };

const entry = (message: SandboxMessage, current: boolean): Html =>
  html`<li>
    <a href="/?message=${encodeURIComponent(message.id)}" ${current ? html` aria-current="true"` : ''}>
      <span class="to">${message.to}</span>
      <span class="subject">${titleOf(message)}</span>
      <span class="meta">${time(message.at)} <span class="state">${happened(message).at(-1)?.what}</span></span>
    </a>
  </li>`;

/** A text has no subject. */
const titleOf = ({ wire, subject, text }: SandboxMessage): string =>
  subject || (wire === 'twilio' && text?.split('\n')[0]) || '(no subject)';

const happened = ({ at, events, replies }: SandboxMessage): { what: string; at: string; answer: string }[] => [
  { what: 'accepted', at, answer: '' },
  ...[
    ...events.map((post) => ({ what: words[post.event] ?? post.event, at: post.at, answer: answered(post.status) })),
    ...replies.map((post) => ({ what: 'replied', at: post.at, answer: answered(post.status) })),
  ].sort((a, b) => a.at.localeCompare(b.at)),
];

const table = (caption: string, values: Record<string, string>): Html =>
  html`<details>
    <summary>${caption} (${Object.keys(values).length})</summary>
    <table>
      ${Object.entries(values).map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </table>
  </details>`;

function bodyText({ html: rich, text }: SandboxMessage): Html | undefined {
  const plain = text === undefined ? undefined : html`<pre>${text}</pre>`;
  return rich && plain
    ? html`<details>
        <summary>Plain text part</summary>
        ${plain}
      </details>`
    : plain;
}

/** Mails are designed for a light background, whatever the reader's colour scheme. */
const LIGHT = '<meta name="color-scheme" content="only light">';

const detail = (message: SandboxMessage): Html =>
  html`<article aria-labelledby="subject">
    <h2 id="subject">${titleOf(message)}</h2>
    <dl>
      <dt>From</dt>
      <dd>${named(message.from, message.from_name)}</dd>
      <dt>To</dt>
      <dd>${named(message.to, message.to_name)}</dd>
      <dt>By</dt>
      <dd>${message.wire}</dd>
      ${
        message.reply_to
          ? html`<dt>Reply to</dt>
              <dd>${message.reply_to}</dd>`
          : ''
      }
    </dl>
    ${
      message.html
        ? html`<iframe title="HTML part of the mail" sandbox="" srcdoc="${LIGHT + message.html}"></iframe>`
        : ''
    }
    ${bodyText(message)} ${table('Headers', message.headers)} ${table('Custom arguments', message.custom_args)}
    <h3>What happened to it</h3>
    <ul class="events">
      ${happened(message).map(
        ({ what, at, answer }) =>
          html`<li>
            <strong>${what}</strong> <span>${time(at)} <span class="answer">${answer}</span></span>
          </li>`,
      )}
    </ul>
    <form method="post" action="/event" class="actions" aria-label="Post an event about this mail">
      <input type="hidden" name="messageId" value="${message.id}" />
      ${Object.entries(buttons).map(([event, label]) => html`<button name="event" value="${event}">${label}</button>`)}
    </form>
    <h3><label for="text">Reply as ${message.to}</label></h3>
    <form method="post" action="/reply">
      <input type="hidden" name="messageId" value="${message.id}" />
      <textarea id="text" name="text" rows="5" required placeholder="Thanks, could we talk on Thursday?"></textarea>
      <button class="primary">Send reply</button>
    </form>
  </article>`;

const answered = (status: number | undefined): string =>
  status === undefined ? 'not answered yet' : status === 0 ? 'no answer' : `answered ${status}`;
