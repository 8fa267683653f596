import { fork } from 'node:child_process';
import { z } from 'zod';
import type { Arrivals } from './load.ts';

const said = z.union([z.object({ accepted: z.string() }), z.object({ url: z.string(), publicKey: z.string() })]);

export interface EspProcess {
  url: string;
  publicKey: string;
}

/**
 * Starts the ESP; each mail that it accepts is an arrival. It posts `processed` and `delivered` if it has a webhook's
 * URL.
 */
export function startEsp(arrivals: Arrivals, started: AsyncDisposableStack, eventUrl?: string): Promise<EspProcess> {
  const child = fork('tests/bench/esp.ts', eventUrl ? [eventUrl] : []);
  started.defer(() => {
    child.disconnect();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => reject(new Error(`the sandbox ESP ended (${code})`)));
    child.on('message', (message) => {
      const news = said.parse(message);
      if ('url' in news) resolve(news);
      else arrivals.add(news.accepted);
    });
  });
}
