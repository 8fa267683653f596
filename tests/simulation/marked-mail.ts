import type { Sequence } from '@leadstream/sequences/definition';

/** The sequence with a line in each of its letters that tells it from all others. */
export const marked = (sequence: Sequence): Sequence => ({
  ...sequence,
  templates: Object.fromEntries(
    Object.entries(sequence.templates).map(([action, template]) => [
      action,
      { ...template, body: `${template.body}\n\n${markLine(sequence.id, action)}\n` },
    ]),
  ),
});

export const markLine = (sequence: string, action: string): string => `Letter ${sequence}/${action}.`;

/** Which letter a text is, as `<sequence>/<action>`. */
export const markOf = (text: string): string | undefined => /^Letter (\S+)\.$/m.exec(text)?.[1];
