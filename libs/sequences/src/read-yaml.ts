import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';

export interface Problem {
  /** Path relative to the folder of sequences. */
  file: string;
  line?: number;
  rule: string;
  message: string;
  /** A warning: the definition can be deployed all the same. */
  warns?: true;
}

/** `file:line: message (rule)`. */
export const problemLine = ({ file, line, rule, message, warns }: Problem): string =>
  `${file}${line === undefined ? '' : `:${line}`}: ${warns ? 'warning: ' : ''}${message} (${rule})`;

/** The problems with which a definition is not deployed: all but the warnings. */
export const faultsOf = (problems: readonly Problem[]): Problem[] => problems.filter(({ warns }) => !warns);

export type Path = readonly PropertyKey[];
export interface SourceLocation {
  file: string;
  line?: number;
}

interface Read {
  value?: unknown;
  problems: Problem[];
  lineOf: (path: Path) => number;
}

/** A YAML text, with the line of each of its parts. Never throws. */
export function readYaml(file: string, text: string, linesBefore = 0): Read {
  const lines = new LineCounter();
  // Not prettyErrors: they name lines of the text alone, not of its file.
  const doc = parseDocument(text, { lineCounter: lines, logLevel: 'error', prettyErrors: false });
  const line = (offset: number): number => lines.linePos(offset).line + linesBefore;
  const lineOf = (path: Path): number => {
    for (let length = path.length; length > 0; length--) {
      const node = doc.getIn(path.slice(0, length), true);
      if (node && typeof node === 'object' && 'range' in node && Array.isArray(node.range))
        return line(Number(node.range[0]));
    }
    return line(0);
  };
  const problems = doc.errors.map(({ pos: [offset], message }) => ({
    file,
    line: line(offset),
    rule: 'yaml',
    message: message + (isBareToken(lineAt(text, offset)) ? '; a value with {{ }} must stand in "double quotes"' : ''),
  }));
  try {
    return { problems, lineOf, ...(problems.length === 0 ? { value: doc.toJS() as unknown } : {}) };
  } catch (error) {
    return { problems: [{ file, line: line(0), rule: 'yaml', message: String(error) }], lineOf };
  }
}

const lineAt = (text: string, offset: number): string =>
  text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0] ?? '';

/** `subject: About {{ … }}`: YAML takes the braces and the colon of a filter for its own. */
const isBareToken = (line: string): boolean => /^[ -]*[\w-]+:\s+(?!["'>|]).*\{\{/.test(line);

export const schemaProblems = (error: z.ZodError, placeOf: (path: Path) => SourceLocation): Problem[] =>
  error.issues.map(({ path, message }) => ({
    ...placeOf(path),
    rule: 'schema',
    message: `${path.join('.') || 'the file'}: ${message}`,
  }));
