import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parseFolder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { previewOf, type PreviewSequence, type PreviewSettings } from '@leadstream/sequences/preview';
import { readFolder } from '@leadstream/service/sequence-store';
import { ending } from './help.ts';
import { previewPage, type Page } from './preview-page.ts';
import { servePreview } from './preview-server.ts';
import { note, print, settings } from './session.ts';
import { terminal } from './terminal.ts';

interface Options {
  port?: string;
  out?: string;
  json?: boolean;
}

const PORT_MAX = 65_535;

export function previewCommand(sequences: Command, folder: () => string): void {
  sequences
    .command('preview [dir]')
    .description(
      'show every mail of a folder in the browser, for a lead of whom all is known and for one who left only an ' +
        'address: HTML and text, on a desktop and a phone, light and dark, beside the problems that lint finds. ' +
        'The page is served on 127.0.0.1 until Ctrl-C, and follows each change of a file. It needs no running service',
    )
    .option('--port <number>', 'default: a free one')
    .option('--out <file>', 'write the page to a file instead of serving it')
    .option('--json', 'print the mails as JSON instead of serving them')
    .addHelpText('after', ending('leadctl sequences preview sequences --out preview.html'))
    .action(async (named: string | undefined, { port = '0', out, json }: Options) => {
      const dir = named ?? folder();
      if (json) return print(flat(previewOf(parseFolder(await readFolder(dir)), previewSettings())));
      if (out !== undefined) {
        const { html } = await pageOf(dir, false);
        await writeFile(out, html);
        return print(`${out} written`);
      }
      await serve(dir, port);
    });
}

const flat = (sequences: readonly PreviewSequence[]): object[] =>
  sequences.flatMap(({ sequence: { id, version }, steps }) =>
    steps.flatMap(({ step, file, mails }) =>
      mails.map(({ mail, ...about }) => ({ sequence: id, version, step: step.id, file, ...about, ...mail })),
    ),
  );

async function serve(dir: string, port: string): Promise<void> {
  if (!/^\d+$/.test(port) || Number(port) > PORT_MAX) throw new Error(`--port: must be 0 to ${PORT_MAX}`);
  const stopped = Promise.withResolvers<undefined>();
  terminal().onInterrupt(() => stopped.resolve(undefined));
  // Also the first check that the folder is there.
  await pageOf(dir, true);
  const preview = await servePreview(dir, () => pageOf(dir, true), Number(port));
  print(preview.url);
  note(`leadctl: the mails of ${dir}, until Ctrl-C`);
  await stopped.promise;
  await preview.close();
}

async function pageOf(dir: string, reloads: boolean): Promise<Page> {
  const folder = parseFolder(await readFolder(dir));
  return previewPage(dir, previewOf(folder, previewSettings()), lint(folder), { reloads });
}

/** The sender's variables where they are set. */
const previewSettings = (): PreviewSettings => {
  const env = settings();
  return {
    fromName: env['FROM_NAME'] ?? 'Sam of Acme',
    postalAddress: env['POSTAL_ADDRESS'] ?? '1 Example Street, Springfield',
    bookingUrl: env['BOOKING_URL'] ?? 'https://book.example.com/demo',
    publicUrl: env['PUBLIC_URL'] ?? 'https://mail.example.com',
  };
};
