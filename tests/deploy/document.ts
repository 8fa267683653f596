export interface Block {
  line: number;
  section: string;
  /** The heading below the section's, if there is one. */
  part: string;
  text: string;
}

/** What applies the objects: an overlay of kustomize, or the chart. */
export const WAYS = ['kustomize', 'helm'] as const;
export type Way = (typeof WAYS)[number];

/** The fenced blocks of a page that begin with "sh run", by the headings that they are below. */
export function blocksOf(page: string): Block[] {
  const lines = page.split('\n');
  const blocks: Block[] = [];
  let [section, part] = ['', ''];
  let open: { indent: number; block: Block } | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = /^( *)```(.*)$/.exec(line);
    if (open && fence) {
      blocks.push(open.block);
      open = undefined;
    } else if (open) open.block.text += `${line.slice(open.indent)}\n`;
    else if (fence?.[2] === 'sh run')
      open = { indent: fence[1]?.length ?? 0, block: { line: index + 1, section, part, text: '' } };
    else if (line.startsWith('## ')) [section, part] = [line.slice(3), ''];
    else part = /^### (.*)$/.exec(line)?.[1] ?? part;
  }
  return blocks;
}

const USERS = 'Users and TLS';
const HELM = 'With Helm';
const OVERLAY = 'k8s/overlays/';

/** The commands of each way that make a site of the example, and that apply it. */
const STEPS: Record<Way, { copy: string; site: string; apply: string }> = {
  kustomize: { copy: 'cp -r k8s/overlays/example', site: 'k8s/overlays/site', apply: 'kubectl apply -k' },
  helm: { copy: 'cp deploy/helm/example.yaml', site: 'site.yaml', apply: 'helm install' },
};

/**
 * One shell script of the blocks, with what the page tells in words: the edits of a site, and that a mail takes a
 * while.
 */
export function scriptOf(blocks: readonly Block[], edit: string, way: Way): string {
  const { copy, site, apply } = STEPS[way];
  const users = blocks.filter(({ section }) => section === USERS);
  const others = stepsOf(blocks, way);
  const at = others.findIndex(({ text }) => text.includes(apply));
  if (at < 0 || users.length === 0) throw new Error(`docs/deploy.md: no block has ${apply}, or none is in "${USERS}"`);
  if (!others.some(({ text }) => text.includes(copy))) throw new Error(`docs/deploy.md: no block has ${copy}`);
  // The page's step 4 leads to the section about users.
  const all = [...others.slice(0, at), ...users, ...others.slice(at)];
  const parts = all.map(({ line, section, part, text }) => {
    const before = text.includes('create job') ? 'until curl -fs "$MAILED"; do sleep 0.5; done\n' : '';
    const after = text.includes(copy) ? `${edit} ${site}\n` : '';
    return `echo ${JSON.stringify(`=== docs/deploy.md:${line} (${part || section})`)}\n${before}${text}${after}`;
  });
  return `set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n${parts.join('\n')}`;
}

/** The page's steps: Helm's stand in the places of those with an overlay, one by one. */
function stepsOf(blocks: readonly Block[], way: Way): Block[] {
  const steps = blocks.filter(({ section, part }) => section !== USERS && part !== HELM);
  if (way === 'kustomize') return steps;
  const own = blocks.filter(({ part }) => part === HELM);
  const replaced = steps.filter(({ text }) => text.includes(OVERLAY));
  if (own.length !== replaced.length)
    throw new Error(`docs/deploy.md: "${HELM}" has ${own.length} blocks, and ${replaced.length} have an overlay`);
  return steps.map((each) => own[replaced.indexOf(each)] ?? each);
}
