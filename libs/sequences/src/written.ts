import { stringify } from 'yaml';
import type { Routes, Sequence, Template } from './definition.ts';
import { REPS_FILE, TAGS_FILE } from './folder.ts';
import type { Reps } from './reps.ts';
import type { TagRules } from './tag-rules.ts';

/** A definition as its files would say it, by their paths: what `parseFolder` reads. Comments are not stored. */
export function written(definition: Routes | Sequence | Reps | TagRules): Record<string, string> {
  if ('reps' in definition) return { [REPS_FILE]: yaml(definition) };
  if ('rules' in definition) return { [TAGS_FILE]: yaml(definition) };
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
