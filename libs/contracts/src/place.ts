import { logStreams, partitionOf } from './streams.ts';

/**
 * A place in the log: of each of its streams, in their order, the sequence up to which it is. Order between the streams
 * has no meaning, since all events of a lead are in one.
 */
export type Place = readonly number[];

/** The place's sequence in the stream that has this lead's events. */
export const seqFor = (place: Place, leadId: string): number => place[partitionOf(leadId, place.length)] ?? 0;

/** The name of the stream that has a lead's events; undefined for an id without one. */
export const streamFor = (leadId: string, partitions: number): string | undefined =>
  logStreams(partitions)[partitionOf(leadId, partitions)]?.stream;

/** Whether everything up to the second place is up to the first, too. */
export const covers = (place: Place, other: Place): boolean => other.every((seq, index) => (place[index] ?? 0) >= seq);

/** The number of sequences up to the place, from which the share of a log that is read is counted. */
export const lengthOf = (place: Place): number => place.reduce((sum, seq) => sum + seq, 0);

/** In JSON: the sequence in `LEADS`, or a list of one a partition. */
export type PlaceJson = number | number[];
export const placeJson = (place: Place): PlaceJson => (place.length === 1 ? (place[0] ?? 0) : [...place]);
export const placeOf = (json: PlaceJson): Place => (typeof json === 'number' ? [json] : json);

/** In a text: `12`, or `12-0-7-3` of four partitions. */
export const placeText = (place: Place): string => place.join('-');

/** The place in such a text; undefined for another text, and for one of another number of partitions. */
export function placeIn(text: string, partitions: number): Place | undefined {
  const seqs = text.split('-');
  return seqs.length === partitions && seqs.every((seq) => /^\d{1,15}$/.test(seq)) ? seqs.map(Number) : undefined;
}
