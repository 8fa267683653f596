import { VERSION } from '@leadstream/service/version';
import { failed, passed, skipped, type Check } from './check.ts';

const ANSWER_MS = 5_000;

/** The answers of one service. */
export interface Answer {
  url: string;
  /** Of `/readyz`; null: no answer. */
  ready: number | null;
  why: string;
  version: string | undefined;
}

export function judgedServices(answers: readonly Answer[]): Check[] {
  if (answers.length === 0) return [skipped('services', 'none is named by --service <url>')];
  return answers.map(({ url, ready, why, version }) => {
    if (ready === null) return failed('services', `${url} gives no answer`, 'start it, or correct the URL');
    if (ready !== 200)
      return failed('services', `${url} is not ready (${ready}): ${why}`, 'see its log, and docs/runbook.md');
    if (version !== VERSION)
      return failed('services', `${url} is version ${version}, leadctl is ${VERSION}`, 'deploy one version everywhere');
    return passed('services', `${url} is ready, version ${version}`);
  });
}

export const answerOf = async (url: string): Promise<Answer> => {
  const ask = (path: string) => fetch(new URL(path, url), { signal: AbortSignal.timeout(ANSWER_MS) });
  try {
    const [ready, metrics] = await Promise.all([ask('/readyz'), ask('/metrics')]);
    const [why, text] = await Promise.all([ready.text(), metrics.text()]);
    const version = /^leadstream_build_info\{[^}]*version="([^"]+)"/m.exec(text)?.[1];
    return { url, ready: ready.status, why: why.slice(0, 300), version };
  } catch {
    return { url, ready: null, why: '', version: undefined };
  }
};
