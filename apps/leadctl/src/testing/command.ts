import { leadctl } from '../program.ts';

/** No `npm start` has its data here; jest.config.mjs names it for whatever runs outside of `command`. */
const NEVER_STARTED = 'node_modules/.cache/never-started';

export interface Said {
  code: number;
  out: string;
  err: string;
}

/**
 * An operator's command in this process, with this environment and without the settings that `npm start` leaves;
 * resolves to its exit code and what it says.
 */
export async function command(
  argv: readonly string[],
  env: Record<string, string | undefined>,
  input = '',
): Promise<Said> {
  let [out, err] = ['', ''];
  const code = await leadctl(argv, {
    env: { LEADSTREAM_DIR: NEVER_STARTED, ...env },
    isTTY: false,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    input: () => Promise.resolve(Buffer.from(input)),
    onInterrupt: () => undefined,
  });
  return { code, out, err };
}
