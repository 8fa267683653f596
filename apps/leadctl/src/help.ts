/** What each exit code of a verb says; 0 and 1 always. */
export type Exits = Readonly<Record<number, string>> & { readonly 0: string; readonly 1: string };

const READ: Exits = { 0: 'shown', 1: 'an error' };

/** The end of a verb's `--help`: calls of it, and its exit codes. `help.spec.ts` gives each example to the parser. */
export function ending(examples: string | readonly string[], exits: Exits = READ): string {
  const calls = [examples].flat();
  const codes = Object.entries(exits).map(([code, says]) => `${code} ${says}`);
  return (
    `\nExample${calls.length > 1 ? 's' : ''}:\n${calls.map((call) => `  ${call}`).join('\n')}\n\nExit codes: ` +
    `${codes.join('; ')}.`
  );
}
