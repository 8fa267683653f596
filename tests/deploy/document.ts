export interface Block {
  line: number;
  section: string;
  text: string;
}

/** The fenced blocks of a page that begin with "sh run", by the section that they are in. */
export function blocksOf(page: string): Block[] {
  const lines = page.split('\n');
  const blocks: Block[] = [];
  let section = '';
  let open: { indent: number; block: Block } | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = /^( *)```(.*)$/.exec(line);
    if (open && fence) {
      blocks.push(open.block);
      open = undefined;
    } else if (open) open.block.text += `${line.slice(open.indent)}\n`;
    else if (fence?.[2] === 'sh run')
      open = { indent: fence[1]?.length ?? 0, block: { line: index + 1, section, text: '' } };
    else section = /^## (.*)$/.exec(line)?.[1] ?? section;
  }
  return blocks;
}

const USERS = 'Users and TLS';
/** The place of the page's step 4, which leads to the section about users. */
const BEFORE = 'kubectl apply -k';

/** One shell script of the blocks, with what the page tells in words: the edits of a site, and that a mail takes a while. */
export function scriptOf(blocks: readonly Block[], site: string): string {
  const users = blocks.filter(({ section }) => section === USERS);
  const others = blocks.filter(({ section }) => section !== USERS);
  const at = others.findIndex(({ text }) => text.includes(BEFORE));
  if (at < 0 || users.length === 0) throw new Error(`docs/deploy.md: no block has ${BEFORE}, or none is in "${USERS}"`);
  const all = [...others.slice(0, at), ...users, ...others.slice(at)];
  const parts = all.map(({ line, section, text }) => {
    const before = text.includes('create job') ? 'until curl -fs "$MAILED"; do sleep 0.5; done\n' : '';
    const after = text.includes('cp -r k8s/overlays/example') ? `${site} k8s/overlays/site\n` : '';
    return `echo ${JSON.stringify(`=== docs/deploy.md:${line} (${section})`)}\n${before}${text}${after}`;
  });
  return `set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n${parts.join('\n')}`;
}
