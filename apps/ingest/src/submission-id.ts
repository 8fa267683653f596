import type { IncomingHttpHeaders } from 'node:http';
import { CE } from '@leadstream/contracts/envelope';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { Problem } from '@leadstream/service/problem';

/**
 * The id of the submission as its caller names it: `Idempotency-Key`, or the attributes of a CloudEvent in binary mode
 * (CloudEvents HTTP binding §3.1), as `<ce-source>/<ce-id>`, because `ce-id` is unique within its source only. Throws
 * Problem for an id that is no header's text, and for another event.
 */
export function submissionId({ 'idempotency-key': key, ...headers }: IncomingHttpHeaders): string | undefined {
  const [type, source, id] = [headers[CE.type], headers[CE.source], headers[CE.id]].map((value) => value?.toString());
  if (type !== undefined && type !== LEAD_CREATED)
    throw new Problem('contract', `An event of type ${LEAD_CREATED} is taken here`, {
      errors: [{ field: CE.type, message: `must be ${LEAD_CREATED}` }],
    });
  if (key !== undefined) return idempotencyKey(key.toString());
  return idempotencyKey(id === undefined || source === undefined ? id : `${source}/${id}`);
}

export function idempotencyKey(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(given))
    throw new Problem(
      'idempotency-key',
      'Idempotency-Key, or ce-source and ce-id, must be 1 to 200 visible ASCII characters',
    );
  return given;
}
