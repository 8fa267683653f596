import { Marked } from 'marked';
import { TokenizationError, Tokenizer, TokenKind, TypeGuards, type TagToken, type Token } from 'liquidjs';
import { FILTERS, parseLiquid, TAGS } from './render-liquid.ts';
import { isLinkTarget, MARKUP } from './render-markdown.ts';
import { tokenNamed } from './template-tokens.ts';

export interface Finding {
  line: number;
  rule: string;
  message: string;
}

const isOutput = (token: Token): token is Token & { content: string } => token.kind === TokenKind.Output;
const isTag = (token: Token): token is TagToken => token.kind === TokenKind.Tag;
const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
const QUOTED = /'[^']*'|"[^"]*"/g;

export function tokenize(text: string): { tokens: Token[]; findings: Finding[] } {
  try {
    return { tokens: new Tokenizer(text).readTopLevelTokens(), findings: [] };
  } catch (error) {
    const line = error instanceof TokenizationError ? error.token.getPosition()[0] : 1;
    return {
      tokens: [],
      findings: [{ line: line ?? 1, rule: 'liquid', message: error instanceof Error ? error.message : String(error) }],
    };
  }
}

function readValue(inside: string): Partial<ReturnType<Tokenizer['readFilteredValue']>> {
  try {
    return new Tokenizer(inside).readFilteredValue();
  } catch {
    return {};
  }
}

/** Problems inside `{{ … }}` or a condition, as [rule, message]. */
function lintValue(inside: string, isShown: boolean, forLead: boolean): [rule: string, message: string][] {
  if (/[‘’“”]/.test(inside.replace(QUOTED, ''))) {
    return [
      ['typographic-quote', `write straight quotes, as in | fallback: 'there'; ‘ ’ “ ” are no quotes to a program`],
    ];
  }
  const { initial, filters } = readValue(inside);
  if (!initial) return [['liquid', `${inside || 'an empty output'} is neither a token nor a condition`]];
  const found: [string, string][] = [];
  const names = initial.postfix.filter(TypeGuards.isPropertyAccessToken).map((token) => token.getText());
  if (isShown && (names.length !== 1 || initial.postfix.length !== 1))
    found.push(['unknown-token', `an output shows one token, not ${inside || 'nothing'}`]);
  for (const name of names) {
    const token = tokenNamed(name);
    if (!token) found.push(['unknown-token', `there is no token ${name}`]);
    else if (token.staffOnly && forLead)
      found.push(['staff-token', `${name} is for staff only, and this goes to a lead`]);
  }
  for (const { name } of filters ?? [])
    if (!FILTERS.includes(name)) found.push(['filter', `there is no filter ${name}; there are ${FILTERS.join(', ')}`]);
  const last = filters?.at(-1);
  const [literal, ...more] = last?.args ?? [];
  const hasFallback =
    last?.name === 'fallback' &&
    more.length === 0 &&
    literal &&
    !Array.isArray(literal) &&
    TypeGuards.isQuotedToken(literal) &&
    literal.content.trim() !== '';
  if (isShown && !hasFallback)
    found.push([
      'fallback',
      `${names[0] ?? 'the output'} must end in | fallback: '…', with words that fit when it is missing`,
    ]);
  return found;
}

/** Tokens, filters, tags and structure of one text of Liquid; lines count from 1 within it. */
export function lintLiquid(text: string, forLead: boolean): Finding[] {
  const { tokens, findings } = tokenize(text);
  let inComment = false;
  for (const token of tokens) {
    const line = lineAt(text, token.begin);
    if (isTag(token)) {
      inComment = token.name === 'comment' || (inComment && token.name !== 'endcomment');
      if (inComment) continue;
      if (!TAGS.includes(token.name))
        findings.push({
          line,
          rule: 'tag',
          message: `there is no tag ${token.name}; there are if, elsif, else, unless, comment`,
        });
      if (!['if', 'elsif', 'unless'].includes(token.name)) continue;
      findings.push(...lintValue(token.args, false, forLead).map(([rule, message]) => ({ line, rule, message })));
    } else if (isOutput(token) && !inComment) {
      findings.push(...lintValue(token.content, true, forLead).map(([rule, message]) => ({ line, rule, message })));
    }
  }
  return findings.length > 0 ? findings : lintStructure(text);
}

/** Only when no other problem is found: the parser stops at its first problem, which would be reported twice. */
function lintStructure(text: string): Finding[] {
  try {
    parseLiquid(text);
    return [];
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    const [, line] = /line:(\d+)/.exec(message) ?? [];
    return [{ line: Number(line ?? 1), rule: 'liquid', message: message.replace(/, line:\d+, col:\d+$/, '') }];
  }
}

/** The text with Liquid blanked out, at the same length and lines, so that Markdown keeps its position. */
const withoutLiquid = (text: string): string =>
  tokenize(text)
    .tokens.map((token) =>
      token.kind === TokenKind.HTML ? token.getText() : token.getText().replace(/[^\n]/g, '\ue000'),
    )
    .join('');

/** Links and markup of a body. */
export function lintMarkdown(text: string): Finding[] {
  const findings = [...text.matchAll(/http:\/\//gi)].map(({ index }) => ({
    line: lineAt(text, index),
    rule: 'link',
    message: 'a link goes to https, not to http',
  }));
  const markdown = withoutLiquid(text);
  const marked = new Marked({ gfm: true, breaks: true });
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    const line = lineAt(markdown, Math.max(0, markdown.indexOf(token.raw.trim())));
    if (!MARKUP.includes(token.type))
      findings.push({
        line,
        rule: 'markup',
        message: `${token.type} does not belong in a personal mail, or does not read well as text`,
      });
    if (token.type === 'link' && !/^http:/i.test(String(token.href)) && !isLinkTarget(String(token.href))) {
      findings.push({
        line,
        rule: 'link',
        message:
          'a link goes to an https address written out here; {{ booking_url | fallback: … }} becomes a link by itself',
      });
    }
  });
  return findings;
}
