import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { schemaOf } from './schema.ts';
import { templateOf } from './template.ts';
import { templatesOf, type Template } from './objects.ts';
import { configKeys, valuesOf } from './values.ts';

export const CHART = 'deploy/helm/leadstream';
const HEADER = '# Generated from k8s/ by `npm run chart`; do not edit.\n';

const packageJson = z.looseObject({ version: z.string(), description: z.string(), license: z.string() });

/** The generated files of the chart, by their paths below it. */
export function chartFiles(root: string): Map<string, string> {
  const { version, description, license } = packageJson.parse(
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
  );
  const templates = templatesOf(join(root, 'k8s'));
  const values = valuesOf(templates);
  const notes = z.record(z.string(), z.string()).parse(parse(readFileSync(join(root, CHART, 'notes.yaml'), 'utf8')));
  const chart = {
    apiVersion: 'v2',
    name: 'leadstream',
    description,
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.30.0-0',
    annotations: { 'artifacthub.io/license': license },
  };
  const files = new Map([
    ['Chart.yaml', `${HEADER}${stringify(chart)}`],
    ['values.yaml', `${HEADER}${explained(stringify(values, { lineWidth: 0, aliasDuplicateObjects: false }), notes)}`],
    ['values.schema.json', `${JSON.stringify(schemaOf(values, configKeys(templates)), null, 2)}\n`],
  ]);
  for (const file of new Set(templates.map((each) => each.file)))
    files.set(`templates/generated/${file}.yaml`, `${HEADER}${textOf(templates.filter((each) => each.file === file))}`);
  return files;
}

function textOf(templates: Template[]): string {
  return templates
    .flatMap(({ id, variants }) =>
      variants.map(({ when, object }) => {
        const text = `---\n${templateOf(id, object)}`;
        return when ? `{{- if ${when} }}\n${text}{{- end }}\n` : text;
      }),
    )
    .join('');
}

/** The notes of notes.yaml before the values that they are about. */
function explained(yaml: string, notes: Record<string, string>): string {
  const left = new Set(Object.keys(notes));
  const path: string[] = [];
  const lines = yaml.split('\n').flatMap((line) => {
    const [, indent = '', name] = /^( *)([\w-]+):/.exec(line) ?? [];
    if (name === undefined) return [line];
    path.length = indent.length / 2;
    path.push(name);
    const note = notes[path.join('.')];
    left.delete(path.join('.'));
    return note === undefined
      ? [line]
      : [
          ...note
            .trimEnd()
            .split('\n')
            .map((text) => `${indent}# ${text}`),
          line,
        ];
  });
  if (left.size > 0) throw new Error(`notes.yaml: no value ${[...left].join(', ')}`);
  return lines.join('\n');
}
