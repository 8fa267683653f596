const KEPT_MS = 10_000;
let latest: { seq: number; untilMs: number } | undefined;

/** After a command, lists wait until the read model has its event. */
export function saw(seq: number): void {
  latest = { seq: Math.max(seq, seenSeq() ?? 0), untilMs: Date.now() + KEPT_MS };
}

export const seenSeq = (): number | undefined => (latest && Date.now() < latest.untilMs ? latest.seq : undefined);
