import { STAGES, type Stage } from '@leadstream/service/canary/stages';
import { CANARY_KINDS, type CanaryKind } from '@leadstream/service/canary/rounds';

/** The canary's metrics at the watch; undefined: it is not up. */
export interface Shown {
  failures: Readonly<Record<CanaryKind, { stage: Stage | 'none'; count: number } | undefined>>;
}

const ROW = /^leadstream_canary_failures_in_a_row\{([^}]*)\} (\d+)$/gm;
const labelIn = (labels: string, name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';

/** As Prometheus scrapes it. */
export async function shownBy(watch: string): Promise<Shown | undefined> {
  const response = await fetch(`${watch}/metrics`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  if (!response?.ok) return undefined;
  const rows = [...(await response.text()).matchAll(ROW)].map(([, labels = '', count]) => ({
    kind: labelIn(labels, 'kind'),
    stage: STAGES.find((stage) => stage === labelIn(labels, 'stage')) ?? ('none' as const),
    count: Number(count),
  }));
  if (rows.length === 0) return undefined;
  const of = (kind: CanaryKind) => rows.find((row) => row.kind === kind);
  const [silent, answering] = CANARY_KINDS.map(of);
  return { failures: { silent, answering } };
}
