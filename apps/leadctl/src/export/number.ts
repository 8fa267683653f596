import type { Place } from '@leadstream/contracts/place';

/**
 * The number of an event in exports, which no other event has: in a log of one stream its sequence. The numbers of a
 * lead are in the order of its events; those of two streams have no order, since order between streams has no meaning.
 */
export const numberOf = (seq: number, stream: number, streams: number): number => seq * streams + stream;

/** The highest number of the events up to a place. */
export const lastNumber = (place: Place): number =>
  Math.max(...place.map((seq, stream) => numberOf(seq, stream, place.length)));

/** The place up to which events have this number at most. */
export const placeOfNumber = (number: number, streams: number): Place =>
  Array.from({ length: streams }, (_, stream) => Math.max(0, Math.floor((number - stream) / streams)));
