import type { Choice } from '@leadstream/service/import/rows';
import type { ImportPreview, ImportProgress } from '../../../src/import-schemas.ts';
import { upload } from '../api.ts';

/** As the server takes it. */
export const BYTES_MAX = 10 * 1024 * 1024;

/** What the page knows of a file before its rows are handed in. */
export interface Sheet {
  file: File;
  source: string;
  /** By the column's place; undefined: its name decides. */
  choices: readonly (Choice | undefined)[];
}

export const queryOf = ({ source, choices }: Omit<Sheet, 'file'>, after = 0): string => {
  const query = new URLSearchParams();
  if (source.trim() !== '') query.set('source', source.trim());
  if (choices.some(Boolean)) query.set('fields', Array.from(choices, (one) => one ?? '').join(','));
  if (after > 0) query.set('after', String(after));
  const text = query.toString();
  return text && `?${text}`;
};

export const preview = async (sheet: Sheet, signal: AbortSignal): Promise<ImportPreview> =>
  (await upload(`/v1/leads/import/preview${queryOf(sheet)}`, sheet.file, signal)).json() as Promise<ImportPreview>;

/** Has the browser save the refused rows. */
export async function saveRefused(sheet: Sheet): Promise<void> {
  const answer = await upload(`/v1/leads/import/refused${queryOf(sheet)}`, sheet.file);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `${sheet.file.name.replace(/\.[^.]*$/, '')}.errors.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/**
 * Hands the rows behind `after` in; the lines of the answer as they come. It ends without `ended` when it is cut off.
 */
export async function* importRows(sheet: Sheet, after: number, signal: AbortSignal): AsyncGenerator<ImportProgress> {
  const { body } = await upload(`/v1/leads/import${queryOf(sheet, after)}`, sheet.file, signal);
  if (body) for await (const line of linesOf(body)) yield JSON.parse(line) as ImportProgress;
}

export async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = (rest + read.value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
