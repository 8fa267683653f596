import { isDeepStrictEqual } from 'node:util';
import { CE, LEAD_VERSION, TRACEPARENT } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { isOutcomeType, LEAD_SEQ, outcomes } from '@leadstream/contracts/public';
import { ToldEvents } from '@leadstream/verify/told';
import type { Stored } from './broker.ts';

const HEADERS: ReadonlySet<string> = new Set([
  ...[CE.specversion, CE.id, CE.type, CE.source, CE.time, CE.subject, CE.dataVersion],
  ...[TRACEPARENT, LEAD_VERSION, LEAD_SEQ],
]);

interface ToldRun {
  /** The whole log, also events that an erasure deleted. */
  events: readonly Recorded[];
  /** All that was ever in PUBLIC, except for what was deleted. */
  told: readonly Stored[];
  partitions: number;
  /** Personal data of the lead. */
  words: readonly string[];
  isRestored: boolean;
}

/**
 * Violations in PUBLIC: an event without its outcome, an outcome twice, out of order or without a cause, and anything
 * beyond the contract.
 */
export function toldFaults({ events, told, partitions, words, isRestored }: ToldRun): string[] {
  const all = new ToldEvents({
    upTo: Array.from({ length: partitions }, () => Infinity),
    keptMs: Infinity,
    isRestored,
  });
  for (const { subject, headers } of told) {
    const [id, at] = [headers.get(CE.id), headers.get(CE.time)];
    const [version, causeSeq] = [Number(headers.get(LEAD_VERSION)), Number(headers.get(LEAD_SEQ))];
    all.add(subject, { type: headers.get(CE.type), id, at, version, causeSeq });
  }
  const faults = events.length === 0 ? [] : all.faults(events, 0);
  return [...[...faults, ...all.rest()].map(({ says }) => says), ...told.flatMap((one) => beyond(one, words))];
}

/** Parts of a message that the contract does not have: a header, a field, personal data. */
function beyond({ seq, headers, data }: Stored, words: readonly string[]): string[] {
  const type = headers.get(CE.type);
  const text = new TextDecoder().decode(data);
  const body = JSON.parse(text) as unknown;
  const head = headers.keys().map((name) => [name, headers.get(name)]);
  const all = JSON.stringify([head, text]);
  return [
    ...(isOutcomeType(type) && isDeepStrictEqual(outcomes[type].data.safeParse(body).data, body)
      ? []
      : [`PUBLIC ${seq} is no ${type} by its contract`]),
    ...head.filter(([name = '']) => !HEADERS.has(name)).map(([name]) => `PUBLIC ${seq} has a header ${name}`),
    ...(words.some((word) => all.includes(word)) ? [`PUBLIC ${seq} has the lead’s data`] : []),
  ];
}
