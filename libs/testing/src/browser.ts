import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** First the one without windows: the same engine with a third less CPU, or two thirds for small pages. */
const NAMES = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
];

/**
 * The path of a Chromium: CHROMIUM_BIN, else the first one on PATH; undefined: there is none, and a line says so. With
 * REQUIRE_BROWSER it throws instead.
 */
export function chromiumPath(): string | undefined {
  const { CHROMIUM_BIN, PATH = '', REQUIRE_BROWSER } = process.env;
  const found =
    CHROMIUM_BIN ??
    PATH.split(delimiter)
      .flatMap((dir) => NAMES.map((name) => join(dir, name)))
      .find((path) => existsSync(path));
  if (found) return found;
  const says = 'nothing was looked at in a browser: no Chromium on PATH; set CHROMIUM_BIN';
  if (REQUIRE_BROWSER) throw new Error(says);
  process.stderr.write(`${says}\n`);
  return undefined;
}

/** Arguments of a headless Chromium; root may not use its sandbox. */
export const chromiumArgs = (): string[] => (process.getuid?.() === 0 ? ['--no-sandbox'] : []);
