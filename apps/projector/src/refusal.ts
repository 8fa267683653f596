import { parseIncoming } from '@leadstream/contracts/envelope';
import type { Outcome } from '@leadstream/contracts/public';
import type { Entry } from '@leadstream/service/quarantine-entries';

const REASONS_MAX = 20;
const PROBLEM_MAX = 500;
const ID_MAX = 1_000;
const SOURCE_MAX = 200;

/** The entry without its sequence in QUARANTINE. */
export type Given = Pick<Entry, 'consumer' | 'reason' | 'attempts' | 'headers' | 'why'>;

/** The outcome that the publisher of a quarantined submission reads. `body`: the submission, where it is still kept. */
export function refusalOf(entry: Given, body: Uint8Array | undefined): Outcome<'lead.refused'> {
  const isOurs = (entry.why ?? (entry.attempts > 1 ? 'failures' : 'refused')) !== 'refused';
  return {
    type: 'lead.refused',
    data: {
      submission: submissionOf(entry, body),
      fault: isOurs ? 'leadstream' : 'publisher',
      // The text of a failure of ours is about our code.
      reasons: isOurs ? [] : reasonsOf(entry),
    },
  };
}

/** By the headers of a CloudEvent in binary mode, else from the body in structured mode. */
function submissionOf({ headers }: Given, body: Uint8Array | undefined): { source?: string; id?: string } {
  const [id, source] = [headers['ce-id']?.[0], headers['ce-source']?.[0]];
  if (id || source) return cut({ id, source });
  try {
    return body ? cut(parseIncoming(undefined, body)) : {};
  } catch {
    return {};
  }
}

const cut = ({ id, source }: { id?: string | undefined; source?: string | undefined }) => ({
  ...(id ? { id: id.slice(0, ID_MAX) } : {}),
  ...(source ? { source: source.slice(0, SOURCE_MAX) } : {}),
});

/** `field: problem; field: problem`; ingest's reasons begin with a code instead of a field. */
const reasonsOf = ({ consumer, reason }: Given): { field?: string; problem: string }[] =>
  consumer === 'ingest'
    ? [{ problem: reason.slice(0, PROBLEM_MAX) }]
    : reason
        .split('; ')
        .slice(0, REASONS_MAX)
        .map((part) => {
          const [, field, problem] = /^([\w$.-]{1,200}): (.+)$/s.exec(part) ?? [];
          return field && problem
            ? { field, problem: problem.slice(0, PROBLEM_MAX) }
            : { problem: part.slice(0, PROBLEM_MAX) };
        });
