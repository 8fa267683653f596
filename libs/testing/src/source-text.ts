/** A source without its formatting, and the offset of each remaining character. */
function withoutFormat(source: string): { text: string; offsets: number[] } {
  const offsets: number[] = [];
  let text = '';
  for (const { 0: character, index } of source.matchAll(/\S/g)) {
    const rest = source.slice(index, index + 200);
    if (/^,\s*[)\]}]/.test(rest) || /^\\['"]/.test(rest)) continue;
    text += character === '"' ? "'" : character;
    offsets.push(index);
  }
  return { text, offsets };
}

/**
 * The source with `takeOut` replaced by `putIn`. White space, the kind of quotes and a comma before a closing bracket
 * are ignored in the search. Throws unless exactly one position matches.
 */
export function replaceInSource(source: string, takeOut: string, putIn: string): string {
  const { text, offsets } = withoutFormat(source);
  const wanted = withoutFormat(takeOut).text;
  const [before, after, ...more] = text.split(wanted);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${wanted && text.includes(wanted) ? 'more than one place has' : 'no place has'}: ${takeOut}`);
  const [from, to] = [offsets[before.length], offsets[before.length + wanted.length - 1]];
  if (from === undefined || to === undefined) throw new Error('an empty text is in every place');
  return source.slice(0, from) + putIn + source.slice(to + 1);
}
