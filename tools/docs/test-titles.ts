import ts from 'typescript';

/** In the place of what the source does not show. */
const UNKNOWN = '…';
const PLACEHOLDER = /%(\.\d+)?[sdifjop#]|\$#?[a-zA-Z][\w.]*|\$#/g;

/**
 * The full titles of a spec's tests, as `npm test -- -t` compares them: those of its groups, then its own. A title with
 * placeholders (`it.each`) is there once for each text of its table. A skipped test proves nothing and is left out.
 */
export function titlesIn(spec: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node, groups: string[]): void => {
    const block = ts.isCallExpression(node) ? blockOf(node) : undefined;
    if (block?.isSkipped) return;
    const full = block ? groups.flatMap((group) => block.titles.map((title) => `${group}${title}`)) : groups;
    if (block?.isTest) titles.push(...full);
    const below = block ? full.map((title) => `${title} `) : groups;
    node.forEachChild((child) => visit(child, below));
  };
  visit(ts.createSourceFile('a.spec.ts', spec, ts.ScriptTarget.Latest), ['']);
  return titles;
}

interface Block {
  isTest: boolean;
  isSkipped: boolean;
  titles: string[];
}

/** `it('…', …)`, `describe.each(table)('…', …)` and the like; undefined for any other call. */
function blockOf(call: ts.CallExpression): Block | undefined {
  const modifiers: string[] = [];
  let table: ts.Node | undefined;
  let callee: ts.Expression = call.expression;
  while (!ts.isIdentifier(callee)) {
    if (ts.isPropertyAccessExpression(callee)) modifiers.push(callee.name.text);
    else if (ts.isCallExpression(callee)) table = callee.arguments[0];
    else return undefined;
    callee = callee.expression;
  }
  const title = call.arguments[0] && textOf(call.arguments[0]);
  if (!['it', 'test', 'describe'].includes(callee.text) || title === undefined) return undefined;
  const values = table && title.search(PLACEHOLDER) >= 0 ? [UNKNOWN, ...textsIn(table)] : [UNKNOWN];
  return {
    isTest: callee.text !== 'describe',
    isSkipped: modifiers.includes('skip') || modifiers.includes('todo'),
    titles: [...new Set(values.map((value) => title.replace(PLACEHOLDER, () => value)))],
  };
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => UNKNOWN + literal.text).join('');
}

function textsIn(node: ts.Node): string[] {
  const texts: string[] = ts.isStringLiteralLike(node) ? [node.text] : [];
  node.forEachChild((child) => {
    texts.push(...textsIn(child));
  });
  return texts;
}
