import type { IncomingHttpHeaders } from 'node:http';
import { CE, submissionKey } from '@leadstream/contracts/envelope';
import { LEAD_CREATED, LEAD_CREATED_VERSION } from '@leadstream/contracts/lead-created';
import { Problem } from '@leadstream/service/problem';

/** The attributes of another event, or of one in a newer form; what each must be. */
const MUST: readonly [attribute: string, is: (value: string) => boolean, must: string][] = [
  [CE.type, (type) => type === LEAD_CREATED, `must be ${LEAD_CREATED}`],
  [CE.specversion, (version) => /^1\.\d{1,3}$/.test(version), 'must be 1.0'],
  [CE.dataVersion, (version) => version === String(LEAD_CREATED_VERSION), `must be ${LEAD_CREATED_VERSION}`],
];

/**
 * The id of the submission as its caller names it: `Idempotency-Key`, or the attributes of a CloudEvent in binary mode
 * (CloudEvents HTTP binding §3.1), as `<ce-source>/<ce-id>`, because `ce-id` is unique within its source only. Throws
 * Problem for an id that is no header's text, for another event, and for one of a newer contract.
 */
export function submissionId({ 'idempotency-key': key, ...headers }: IncomingHttpHeaders): string | undefined {
  const given = (name: string): string | undefined => headers[name]?.toString();
  const errors = MUST.flatMap(([field, is, message]) => {
    const value = given(field);
    return value === undefined || is(value) ? [] : [{ field, message }];
  });
  if (errors.length > 0) throw new Problem('contract', `An event of type ${LEAD_CREATED} is taken here`, { errors });
  if (key !== undefined) return idempotencyKey(key.toString());
  const [source, id] = [given(CE.source), given(CE.id)];
  return idempotencyKey(id === undefined || source === undefined ? id : submissionKey(source, id));
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
