import { LRUCache } from 'lru-cache';
import { Marked, type RendererObject, type Tokens } from 'marked';
import { hasHidden } from './render-liquid.ts';

/** Markdown that a personal mail needs and that is readable as plain text. `lint` rejects the rest. */
export const MARKUP = [
  'paragraph',
  'heading',
  'text',
  'escape',
  'strong',
  'em',
  'link',
  'list',
  'list_item',
  'br',
  'hr',
  'space',
];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);

/** Allowed link targets: written out in the template, never made of a value. */
export const isLinkTarget = (href: string): boolean =>
  !hasHidden(href) && /^(https:\/\/|mailto:)/i.test(href) && URL.canParse(href);

const target = (href: string): string => {
  if (!isLinkTarget(href)) throw new Error('a link goes neither to https nor to a mail address, or is made of a value');
  return href;
};

const htmlRenderer: RendererObject = {
  text(token) {
    return 'tokens' in token && token.tokens ? this.parser.parseInline(token.tokens) : escapeHtml(token.text);
  },
  html: ({ text }) => escapeHtml(text),
  image: ({ text }) => escapeHtml(text),
  link({ href, tokens }) {
    return `<a href="${escapeHtml(target(href))}">${this.parser.parseInline(tokens)}</a>`;
  },
};

const plainRenderer: RendererObject = {
  text(token) {
    return 'tokens' in token && token.tokens ? this.parser.parseInline(token.tokens) : token.text;
  },
  html: ({ text }) => text,
  image: ({ text }) => text,
  link({ href, tokens }) {
    const text = this.parser.parseInline(tokens);
    return target(href).replace(/^mailto:/, '') === text ? text : `${text} (${href})`;
  },
  paragraph({ tokens }) {
    return `${this.parser.parseInline(tokens)}\n\n`;
  },
  heading({ tokens }) {
    return `${this.parser.parseInline(tokens)}\n\n`;
  },
  list(list: Tokens.List) {
    const first = Number(list.start) || 1;
    const rows = list.items.map((item, index) => `${list.ordered ? `${first + index}.` : '-'} ${this.listitem(item)}`);
    return `${rows.join('\n')}\n\n`;
  },
  listitem(item) {
    return this.parser.parse(item.tokens).trim();
  },
  strong({ tokens }) {
    return this.parser.parseInline(tokens);
  },
  em({ tokens }) {
    return this.parser.parseInline(tokens);
  },
  br: () => '\n',
  hr: () => '---\n\n',
  space: () => '',
};

/** A line break in the template is one in the mail: the author sees the lead's view. */
const options = { gfm: true, breaks: true, async: false } as const;
const html = new Marked({ ...options, renderer: htmlRenderer });
const plain = new Marked({ ...options, renderer: plainRenderer });

/** Each text is read once: with the values left out, few texts make all mails. */
const once = (marked: Marked) => {
  const memoMethod = (markdown: string): string => marked.parse(markdown, { async: false }).trim();
  const made = new LRUCache<string, string>({ max: 500, memoMethod });
  return (markdown: string): string => made.memo(markdown);
};

/** An HTML fragment. Throws when a link's target is not allowed. */
export const toHtml = once(html);

/** Plain text; a link as `text (address)`. Throws when a link's target is not allowed. */
export const toPlain = once(plain);
