import { stringify } from 'yaml';
import type { Tree } from '../kustomize.ts';
import { SLOTS } from './slots.ts';

/** Around an expression of Helm's in a tree, until the tree is text. */
const [OPEN, CLOSE] = ['⟦', '⟧'];
const marked = (expression: string): string => `${OPEN}${expression}${CLOSE}`;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The template of one object: its slots, images and the names of the site's own are values. */
export function templateOf(id: string, object: Tree): string {
  let tree: unknown = structuredClone(object);
  for (const slot of SLOTS.filter((each) => each.id === id)) {
    const expression = `${formOf(at(tree, slot.path))} .Values.${slot.value}`;
    tree = put(tree, slot.path, marked(slot.unless ? `${expression} unless ${slot.unless}` : expression));
  }
  if (id === 'ConfigMap/leadstream') tree = put(tree, ['data'], marked(`tree (${settingsOf(at(tree, ['data']))})`));
  if (id === 'ConfigMap/leadstream-dashboards') tree = put(tree, ['data'], marked('dashboards'));
  return filled(
    escaped(stringify(walk(tree, CONFIGS[id] ?? 'config'), { lineWidth: 0, aliasDuplicateObjects: false })),
  );
}

/**
 * What a pod reads: the site's values, and before them what k8s/components/users sets, for MongoDB where it is the
 * chart's.
 */
function settingsOf(data: unknown): string {
  const paths = Object.entries(data as Tree).filter(([, value]) => String(value).startsWith('/run/'));
  const set = (isMongo: boolean) =>
    paths
      .filter(([key]) => key.startsWith('MONGODB_') === isMongo)
      .map(([key, value]) => ` ${JSON.stringify(key)} ${JSON.stringify(value)}`)
      .join('');
  const mongo = set(true) ? ` (ternary (dict${set(true)}) dict .Values.mongodb.enabled)` : '';
  return `merge (dict "NATS_URL" .Values.nats.url${set(false)})${mongo} .Values.config`;
}

/** The form of a value: a word, a quoted word, lines of text, or a tree of its own. */
const formOf = (value: unknown): 'word' | 'quoted' | 'text' | 'tree' => {
  if (typeof value === 'object') return 'tree';
  if (typeof value !== 'string') return 'word';
  return value.includes('\n') ? 'text' : 'quoted';
};

/** The node at the path; throws where there is none, since the slot would then have no effect. */
export function at(tree: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce((place, step) => {
    const next: unknown = typeof place === 'object' && place !== null ? Reflect.get(place, step) : undefined;
    if (next === undefined) throw new Error(`nothing is at ${path.join('.')}`);
    return next;
  }, tree);
}

function put(tree: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const place = at(tree, path.slice(0, -1));
  at(tree, path);
  Reflect.set(place as object, path.at(-1) ?? '', value);
  return tree;
}

/** The file with what a pod reads at its start, where that is not the services'. */
const CONFIGS: Record<string, string> = { 'StatefulSet/nats': 'nats-config', 'StatefulSet/mongodb': '' };
const fileOf = (checksum: string): string =>
  `(print $.Template.BasePath "/generated/${checksum.replace('checksum ', '')}.yaml")`;

/** Expressions that stand wherever their text does: images, the Secret's name, other namespaces, what pods share. */
function walk(value: unknown, config: string): unknown {
  if (Array.isArray(value)) return value.map((each) => walk(each, config));
  if (!isTree(value)) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => {
    if (key === 'image' && typeof each === 'string' && each.startsWith('leadstream:'))
      return [key, marked('include "leadstream.image" .')];
    if (key === 'secretKeyRef' && isTree(each)) return [key, { ...each, name: marked('.Values.secretName') }];
    if (key === 'kubernetes.io/metadata.name')
      return [key, marked(`.Values.networkPolicies.namespaces.${each === 'monitoring' ? 'monitoring' : 'dns'}`)];
    return [key, walk(each, config)];
  });
  // A pod reads its configuration at its start: another one is another pod.
  const isPod = config !== '' && isTree(value['metadata']) && isTree(value['spec']) && 'containers' in value['spec'];
  const shared = 'containers' in value ? [[marked('pod'), true] as [string, unknown]] : [];
  const tree = Object.fromEntries([...entries, ...shared]);
  if (!isPod) return tree;
  const metadata = tree['metadata'] as Tree;
  const annotations = isTree(metadata['annotations']) ? metadata['annotations'] : {};
  return {
    ...tree,
    metadata: { ...metadata, annotations: { ...annotations, 'checksum/config': marked(`checksum ${config}`) } },
  };
}

/** Braces of Prometheus' and others' templates are text here. */
const escaped = (text: string): string => text.replace(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`);

function filled(text: string): string {
  const line = new RegExp(`^( *)((?:- )?)([^\\s"'].*?: )?["']?${OPEN}(.*?)${CLOSE}["']?(: true)?$`, 'gm');
  return text.replace(line, (_, indent: string, dash: string, key: string | undefined, what: string) => {
    const width = indent.length + dash.length;
    const head = `${indent}${dash}${key ?? ''}`;
    if (what === 'pod') return `${indent}{{- include "leadstream.pod" . | nindent ${width} }}`;
    if (what.startsWith('checksum ')) return `${head}{{ include ${fileOf(what)} . | sha256sum }}`;
    if (what === 'dashboards') return `${head}\n{{ (.Files.Glob "dashboards/*.json").AsConfig | indent ${width + 2} }}`;
    if (/^(include|\.)/.test(what)) return `${head}{{ ${what} }}`;
    const [expression = '', unless] = what.split(' unless ');
    const [form, value] = expression.split(/ (.*)/);
    const filledLine = {
      word: `${head}{{ ${value} }}`,
      quoted: `${head}{{ ${value} | quote }}`,
      text: `${head}|\n{{ ${value} | indent ${width + 2} }}`,
      tree: `${head.trimEnd()}\n${' '.repeat(width + 2)}{{- toYaml ${value} | nindent ${width + 2} }}`,
    }[form as ReturnType<typeof formOf>];
    return unless ? `${indent}{{- if not ${unless} }}\n${filledLine}\n${indent}{{- end }}` : filledLine;
  });
}
