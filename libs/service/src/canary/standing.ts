import type { Verdict } from './judge.ts';
import type { CanaryKind } from './rounds.ts';

/** The standing of the rounds of one kind. */
export interface Standing {
  /** The latest round that is judged. */
  latest?: Verdict;
  /** Broken or late ones since the last one in time. */
  failures: number;
  lastSuccessMs?: number;
}

const isJudged = ({ result }: Verdict): boolean => result !== 'pending' && result !== 'skipped';

/** By verdicts in the order of their rounds. A round that is under way says nothing yet. */
export function standingOf(kind: CanaryKind, verdicts: readonly Verdict[]): Standing {
  const judged = verdicts.filter((one) => one.kind === kind && isJudged(one));
  const latest = judged.at(-1);
  const lastPassed = judged.findLastIndex(({ result }) => result === 'passed');
  const lastSuccessMs = judged[lastPassed]?.endedMs;
  return {
    ...(latest ? { latest } : {}),
    failures: judged.length - 1 - lastPassed,
    ...(typeof lastSuccessMs === 'number' ? { lastSuccessMs } : {}),
  };
}
