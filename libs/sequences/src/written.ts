import { stringify } from 'yaml';
import type { Routes, Sequence, Template } from './definition.ts';

/** A definition as its files would say it, by their paths: what `parseFolder` reads. Comments are not stored. */
export function written(definition: Routes | Sequence): Record<string, string> {
  if ('routes' in definition) return { [`${definition.id}/routes.yaml`]: yaml(definition) };
  const { templates, ...rest } = definition;
  return {
    [`${definition.id}/sequence.yaml`]: yaml(rest),
    ...Object.fromEntries(
      Object.entries(templates).map(([name, template]) => [`${definition.id}/${name}.md`, markdown(template)]),
    ),
  };
}

const yaml = (value: object): string => stringify(value, { lineWidth: 0 });

const markdown = ({ body, ...head }: Template): string =>
  Object.values(head).some((value) => value !== undefined) ? `---\n${yaml(head)}---\n${body}` : body;
