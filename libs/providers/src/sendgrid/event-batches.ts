import type { EventBatch } from '@leadstream/contracts/feedback';

const bytesOf = (batch: EventBatch): number => Buffer.byteLength(JSON.stringify(batch));

/** The two halves of a batch's events; of any other body, or of one event, the two halves of its text. */
function halves(body: string): string[] {
  try {
    const events: unknown = JSON.parse(body);
    if (Array.isArray(events) && events.length > 1) {
      const middle = Math.ceil(events.length / 2);
      return [events.slice(0, middle), events.slice(middle)].map((half) => JSON.stringify(half));
    }
  } catch {
    // No JSON, or nested deeper than the stack.
  }
  const middle = Math.ceil(body.length / 2);
  return [body.slice(0, middle), body.slice(middle)];
}

/**
 * An Event Webhook's body as batches that are at most `bytesMax` as JSON, each event in one of them. A body that cannot
 * be divided into events is cut as text, and its pieces are quarantined: no byte is lost.
 */
export function batchesOf(body: string, bytesMax: number): EventBatch[] {
  if (bytesOf({ body }) <= bytesMax) return [{ body }];
  return halves(body).flatMap((half) => batchesOf(half, bytesMax));
}
