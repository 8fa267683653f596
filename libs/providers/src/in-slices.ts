import type { Writable } from 'node:stream';

/**
 * The parser never ends when one write has more bytes of a part that it skips than a stream holds at once, 64 KiB: a
 * part without a name, for example.
 */
const SLICE_BYTES = 16 * 1024;

/** Writes all bytes; resolves when more may be written. */
export async function inSlices(parser: Writable, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length; from += SLICE_BYTES)
    await new Promise<void>((resolve) => {
      parser.write(bytes.subarray(from, from + SLICE_BYTES), () => resolve());
    });
}
