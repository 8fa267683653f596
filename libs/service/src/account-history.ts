import type { Operation } from '@leadstream/contracts/operations';
import { parseJson, type AccountStore } from './account.ts';
import { newDay, readDay, type Counts } from './reputation-day.ts';

/** The operations that are read, and those of them that are shown. */
const READ_MAX = 1_000;
const SHOWN_MAX = 20;

/** How an account came to its present state. */
export interface AccountHistory {
  /** Of the mails of this day (UTC), or since a pause by bounces and complaints ended. */
  reputation: Counts;
  /** The last change of a sender's breaker; null: none is recorded lately. A killed sender records no end. */
  breaker: { state: 'opened' | 'closed'; at: string; by: string } | null;
  /** The newest first. */
  history: Operation[];
}

/** Throws Unavailable. */
export async function accountHistory(store: AccountStore, now = new Date()): Promise<AccountHistory> {
  const [entry, operations] = await Promise.all([store.entry('reputation'), store.history(READ_MAX)]);
  const today = now.toISOString().slice(0, 10);
  const stored = entry && readDay(parseJson(entry.string()));
  const { delivered, bounced, complained } = stored?.day === today ? stored : newDay(today);
  const last = operations.find(isOfBreaker);
  return {
    reputation: { delivered, bounced, complained },
    breaker: last ? { state: STATES[last.type], at: last.at, by: last.by } : null,
    history: operations.filter(isNewestOfBreaker).slice(0, SHOWN_MAX),
  };
}

/** A breaker that opens and closes again and again has one line, its last, between two operations of another kind. */
function isNewestOfBreaker(operation: Operation, index: number, newestFirst: readonly Operation[]): boolean {
  const newer = newestFirst[index - 1];
  return newer === undefined || !isOfBreaker(operation) || !isOfBreaker(newer);
}

const STATES = { 'account.breaker-opened': 'opened', 'account.breaker-closed': 'closed' } as const;
const isOfBreaker = (operation: Operation): operation is Operation & { type: keyof typeof STATES } =>
  operation.type in STATES;

/** With the actor and the reason, without the time. */
export function operationInWords(operation: Operation): string {
  const { by } = operation;
  const because = (why: string | undefined): string => (why === undefined ? '' : `: ${why}`);
  switch (operation.type) {
    case 'account.paused': {
      const until = operation.until === undefined ? '' : ` until ${operation.until}`;
      return `paused by ${by}${until}${because(operation.why)}`;
    }
    case 'account.resumed':
      return `resumed by ${by}${because(operation.why)}`;
    case 'account.source-paused':
      return `source "${operation.source}" paused by ${by}${because(operation.why)}`;
    case 'account.source-resumed':
      return `source "${operation.source}" resumed by ${by}${because(operation.why)}`;
    case 'account.breaker-opened':
      return `breaker of a ${by} opened: the provider does not answer`;
    case 'account.breaker-closed':
      return `breaker of a ${by} closed: the provider answers again`;
  }
}
