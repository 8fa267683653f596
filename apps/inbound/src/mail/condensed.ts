/**
 * The trimmer's expressions nest wildcards and span lines: their time grows with the third power of a line, of the
 * number of lines and of the whole. All three have a limit, and repetition that the trimmer ignores is left out.
 */
const LENGTH_MAX = 4 * 1024;
const LINES_MAX = 120;
/** A header of a quote and a signature are recognized by their two ends. */
const ENDS_LENGTH = 80;

const BLANK_LINES = /\n(?:[^\S\n]*\n){2,}/g;
/** The trimmer removes the whole run; its first and last line tell where it stands. */
const QUOTED_RUN = /^(>[^\n]*\n)(?:>[^\n]*\n)+(?=>)/gm;
const LONG_LINES = new RegExp(`(?<=^[^\n]{${ENDS_LENGTH}})[^\n]+(?=[^\n]{${ENDS_LENGTH}}$)`, 'gm');
const [BEGIN, END] = ['\u0001', '\u0002'];
const MARKED = new RegExp(`${BEGIN}(\\d+)${END}`, 'g');
const CUT_MARK = new RegExp(`${BEGIN}\\d*$`);

export interface Condensed {
  text: string;
  /** Puts the middle of the long lines back into a part of the text. */
  restored: (part: string) => string;
}

/** A text of bounded length, lines and line length, whose visible part is the same for the trimmer. */
export function condensed(whole: string): Condensed {
  const middles: string[] = [];
  const text = whole
    .replaceAll(BEGIN, '')
    .replace(BLANK_LINES, '\n\n')
    .replace(QUOTED_RUN, '$1')
    .replace(LONG_LINES, (middle) => `${BEGIN}${middles.push(middle) - 1}${END}`)
    .split('\n', LINES_MAX)
    .join('\n')
    .slice(0, LENGTH_MAX)
    .replace(CUT_MARK, '');
  return { text, restored: (part) => part.replace(MARKED, (_, place: string) => middles[Number(place)] ?? '') };
}
