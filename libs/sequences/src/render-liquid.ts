import { Liquid } from 'liquidjs';
import { LRUCache } from 'lru-cache';

/** The part of Liquid that a mail needs. `lint` reports the rest, and the engine rejects it. */
export const TAGS = ['if', 'elsif', 'else', 'endif', 'unless', 'endunless', 'comment', 'endcomment'];
export const FILTERS = ['fallback', 'capitalize', 'downcase', 'upcase', 'strip'];

/** A template longer than this is a mistake. */
const TEMPLATE_LENGTH_MAX = 100_000;

const OPEN = '\ue000';
const CLOSE = '\ue001';
const HIDDEN = /\ue000(\d+)\ue001/g;

/** A template with its values left out: the same text for all leads, except where a tag decides. */
export interface Filled {
  text: string;
  values: readonly string[];
}

let hidden: string[] = [];

/**
 * Hides a value from the later stages: its number between two private-use characters is a word without meaning to
 * Markdown and HTML, whatever characters a form contains. `reveal` restores it.
 */
function hide(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') throw new Error('an output is blank');
  return `${OPEN}${hidden.push(value) - 1}${CLOSE}`;
}

/** `text`: made of the filled one. */
export const reveal = (text: string, { values }: Filled, show: (value: string) => string): string =>
  text.replace(HIDDEN, (_, index: string) => show(values[Number(index)] ?? ''));
export const hasHidden = (text: string): boolean => text.includes(OPEN);

const engine = new Liquid({
  strictFilters: true,
  strictVariables: true,
  ownPropertyOnly: true,
  parseLimit: TEMPLATE_LENGTH_MAX,
  outputEscape: hide,
  templates: {},
});
for (const name of Object.keys(engine.tags)) if (!TAGS.includes(name)) delete engine.tags[name];
for (const name of Object.keys(engine.filters)) if (!FILTERS.includes(name)) delete engine.filters[name];
engine.registerFilter('fallback', (value: unknown, literal: unknown) =>
  typeof value === 'string' && value.trim() ? value : literal,
);

/** Throws liquidjs's error, which has the position, when the text is not a template. */
export const parseLiquid = (text: string) => engine.parse(text);

/** Each template is parsed once: few templates make all mails. */
const parsed = new LRUCache<string, ReturnType<typeof parseLiquid>>({ max: 500, memoMethod: parseLiquid });

/** Applies Liquid and hides each output. `scope` needs every known token, null when missing; an unknown one throws. */
export function fill(text: string, scope: Record<string, string | null>): Filled {
  hidden = [];
  return { text: String(engine.renderSync(parsed.memo(text), scope)), values: hidden };
}
