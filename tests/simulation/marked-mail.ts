import type { Sequence } from '@leadstream/sequences/definition';

/** The sequence with one more line in each mail that identifies it. */
export const marked = (sequence: Sequence): Sequence => ({
  ...sequence,
  templates: Object.fromEntries(
    Object.entries(sequence.templates).map(([action, template]) => [
      action,
      { ...template, body: `${template.body}\n\n${markLine(sequence.id, action)}\n` },
    ]),
  ),
});

export const markLine = (sequence: string, action: string): string => `Mail ${sequence}/${action}.`;

/** The mark in a mail's text, as `<sequence>/<action>`. */
export const markOf = (text: string): string | undefined => /^Mail (\S+)\.$/m.exec(text)?.[1];
