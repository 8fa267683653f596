import type { z } from 'zod';
import {
  routesSchema,
  sequenceSchema,
  templateSchema,
  type Routes,
  type Sequence,
  type Template,
} from './definition.ts';
import { readYaml, schemaProblems, type Path, type Problem, type SourceLocation } from './read-yaml.ts';
import { repsSchema, type Reps } from './reps.ts';
import { tagRulesSchema, type TagRules } from './tag-rules.ts';

/** The readable part of a folder of definitions, with the location of each part. */
export interface Folder {
  sequences: Sequence[];
  routes?: Routes;
  /** Of `reps.yaml`, which a folder may have. */
  reps?: Reps;
  /** Of `tags.yaml`, which a folder may have. */
  tags?: TagRules;
  /** Read errors; `lint` reports them with its own problems. */
  problems: Problem[];
  /** The location of a part of a sequence, e.g. `['steps', 1, 'wait']` or `['templates', 'first', 'body']`. */
  placeOf: (definition: Sequence | Reps | TagRules, path: Path) => SourceLocation;
  /** The same for the routes. */
  placeInRoutes: (path: Path) => SourceLocation;
}

interface TemplateFile {
  file: string;
  template: Template;
  problems: Problem[];
  subjectLine: number;
  bodyLine: number;
}

/** A template is Markdown after an optional YAML front matter between two lines of `---`. */
function readTemplate(file: string, text: string): TemplateFile {
  const [front = '', yaml = ''] = /^---\n([^]*?\n)?---[ \t]*(?:\n|$)/.exec(text) ?? [];
  const body = text.slice(front.length);
  const bodyLine = front.split('\n').length;
  if (!front && text.startsWith('---')) {
    const problem = { file, line: 1, rule: 'front-matter', message: 'the front matter is not closed by a line of ---' };
    return { file, template: { body }, problems: [problem], subjectLine: 1, bodyLine };
  }
  const read = readYaml(file, yaml, 1);
  const head = read.value ?? {};
  const parsed = templateSchema.safeParse(typeof head === 'object' ? { ...head, body } : { head });
  const problems = [
    ...read.problems,
    ...(parsed.success ? [] : schemaProblems(parsed.error, (path) => ({ file, line: read.lineOf(path) }))),
  ];
  return { file, template: parsed.data ?? { body }, problems, subjectLine: read.lineOf(['subject']), bodyLine };
}

interface SequenceFile {
  sequence?: Sequence;
  problems: Problem[];
  placeOf: (path: Path) => SourceLocation;
}

function readSequence(dir: string, files: ReadonlyMap<string, string>): SequenceFile {
  const file = `${dir}/sequence.yaml`;
  const read = readYaml(file, files.get(file) ?? '');
  const templates = new Map(
    [...files]
      .filter(([path]) => path.startsWith(`${dir}/`) && path.endsWith('.md'))
      .map(([path, text]) => [path.slice(dir.length + 1, -'.md'.length), readTemplate(path, text)]),
  );
  const placeOf = (path: Path): SourceLocation => {
    const template = path[0] === 'templates' ? templates.get(String(path[1])) : undefined;
    if (template)
      return { file: template.file, line: path[2] === 'subject' ? template.subjectLine : template.bodyLine };
    return { file, line: read.lineOf(path) };
  };
  const problems = [...read.problems, ...[...templates.values()].flatMap((template) => template.problems)];
  if (read.problems.length > 0) return { problems, placeOf };
  const inlined = Object.fromEntries([...templates].map(([name, { template }]) => [name, template]));
  const parsed = sequenceSchema.safeParse({
    ...(typeof read.value === 'object' ? read.value : {}),
    templates: inlined,
  });
  if (!parsed.success) return { problems: [...problems, ...schemaProblems(parsed.error, placeOf)], placeOf };
  if (parsed.data.id !== dir)
    problems.push({ ...placeOf(['id']), rule: 'id', message: `the id is ${parsed.data.id}, but its folder is ${dir}` });
  return { sequence: parsed.data, problems, placeOf };
}

export const REPS_FILE = 'reps.yaml';

export const TAGS_FILE = 'tags.yaml';

/** A file beside the folders of the sequences, which may be missing. */
function readBeside<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  files: ReadonlyMap<string, string>,
  problems: Problem[],
): { value?: z.infer<Schema>; placeIn: (path: Path) => SourceLocation } {
  const read = readYaml(file, files.get(file) ?? '');
  const placeIn = (path: Path): SourceLocation => ({ file, line: read.lineOf(path) });
  if (!files.has(file)) return { placeIn };
  const parsed = schema.safeParse(read.value);
  problems.push(...read.problems);
  if (parsed.error && read.problems.length === 0) problems.push(...schemaProblems(parsed.error, placeIn));
  return parsed.success ? { value: parsed.data, placeIn } : { placeIn };
}

/** The deployment of a folder, in order: the sequences before the routes that lead to them. */
export const definitionsOf = ({ reps, tags, sequences, routes }: Folder): (Reps | TagRules | Sequence | Routes)[] => [
  ...(reps ? [reps] : []),
  ...(tags ? [tags] : []),
  ...sequences,
  ...(routes ? [routes] : []),
];

/** Files that look like part of a definition but are never read: a misspelt name would be a mail that is never sent. */
function strays(paths: readonly string[], dirs: readonly string[]): Problem[] {
  const isRead = (path: string): boolean =>
    /^[^/]+\/(sequence|routes)\.yaml$/.test(path) ||
    /^[^/]+\/[^/]+\.spec\.yaml$/.test(path) ||
    (path.endsWith('.md') && dirs.some((dir) => path.startsWith(`${dir}/`)));
  return paths
    .filter((path) => /\/.*\.(ya?ml|md)$/.test(path) && !isRead(path))
    .map((file) => ({
      file,
      rule: 'stray',
      message:
        'nothing reads it: a folder has one sequence.yaml or routes.yaml, *.spec.yaml, and templates beside a sequence',
    }));
}

/** Accepts every system's text files: with a byte order mark and Windows line ends, or without. */
export const textFiles = (contents: Readonly<Record<string, string>>): Map<string, string> =>
  new Map(
    Object.entries(contents)
      .filter(([path]) => !/(^|\/)README\.md$/.test(path))
      .map(([path, text]) => [path, text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')]),
  );

/**
 * Reads a folder of definitions: `<id>/sequence.yaml` with its `<template>.md`, and one `<id>/routes.yaml`. Keys are
 * paths relative to the folder with `/`; READMEs and files of other kinds are ignored. Never throws: read errors are in
 * `problems`.
 */
export function parseFolder(contents: Readonly<Record<string, string>>): Folder {
  const files = textFiles(contents);
  const paths = [...files.keys()].sort();
  const dirs = paths.filter((path) => /^[^/]+\/sequence\.yaml$/.test(path)).map((path) => path.split('/')[0] ?? '');
  const read = dirs.map((dir) => readSequence(dir, files));
  const [routesFile, ...moreRoutes] = paths.filter((path) => /^[^/]+\/routes\.yaml$/.test(path));
  const routes = routesFile === undefined ? undefined : readYaml(routesFile, files.get(routesFile) ?? '');
  const placeInRoutes = (path: Path): SourceLocation => ({
    file: routesFile ?? 'initial-triage/routes.yaml',
    ...(routes ? { line: routes.lineOf(path) } : {}),
  });
  const parsed = routes?.value === undefined ? undefined : routesSchema.safeParse(routes.value);
  const problems = [...read.flatMap((one) => one.problems), ...(routes?.problems ?? []), ...strays(paths, dirs)];
  if (!routes)
    problems.push({
      ...placeInRoutes([]),
      rule: 'routes',
      message: 'there is no routes.yaml: no source would lead anywhere',
    });
  problems.push(
    ...moreRoutes.map((file) => ({
      file,
      rule: 'routes',
      message: `there can be one routes.yaml, and ${routesFile} is it`,
    })),
  );
  if (parsed?.error) problems.push(...schemaProblems(parsed.error, placeInRoutes));
  const { value: reps, placeIn: placeInReps } = readBeside(REPS_FILE, repsSchema, files, problems);
  const { value: tags, placeIn: placeInTags } = readBeside(TAGS_FILE, tagRulesSchema, files, problems);
  return {
    sequences: read.flatMap(({ sequence }) => sequence ?? []),
    ...(parsed?.data ? { routes: parsed.data } : {}),
    ...(reps ? { reps } : {}),
    ...(tags ? { tags } : {}),
    problems,
    placeOf: (definition, path) =>
      definition === reps
        ? placeInReps(path)
        : definition === tags
          ? placeInTags(path)
          : (read.find((one) => one.sequence === definition)?.placeOf(path) ?? { file: definition.id }),
    placeInRoutes,
  };
}
