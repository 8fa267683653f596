import { ContractError, parseIncoming, type describeIssues, type Incoming } from '@leadstream/contracts/envelope';
import {
  LEAD_CREATED,
  LEAD_CREATED_BYTES_MAX,
  LEAD_CREATED_VERSION,
  leadCreated,
  type LeadCreated,
} from '@leadstream/contracts/lead-created';
import { clean } from '@leadstream/lead/hygiene';
import { leadOfJson } from '@leadstream/lead/intake/understood';

/** A field's path, and its fault without its value. */
export interface FieldProblem {
  field: string;
  problem: string;
}

export type Judged =
  | { verdict: 'refused'; problems: FieldProblem[] }
  | {
      verdict: 'accepted';
      /** The submission as it is published. */
      lead: LeadCreated;
      /** The key that selects the sequence, cleaned. */
      source: string;
      /** The attributes of a structured CloudEvent. */
      event?: Pick<Incoming, 'id' | 'source'>;
      /** The fields that hygiene changes or drops, with its rule. */
      changes: { field: string; rule: string }[];
    };

const refused = (field: string, problem: string): Judged => ({ verdict: 'refused', problems: [{ field, problem }] });

/**
 * Triage's reading of a payload that another team publishes: the data of `lead.created`, or a structured CloudEvent.
 * The limits on leads of strangers, which depend on what came before, are left out.
 */
export function judged(body: Uint8Array, options: { defaultRegion: string }): Judged {
  if (body.length > LEAD_CREATED_BYTES_MAX)
    return refused('body', `${body.length} bytes are more than ${LEAD_CREATED_BYTES_MAX}`);
  let given: unknown;
  let event: Incoming | undefined;
  try {
    given = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (isEvent(given)) event = parseIncoming(undefined, body);
  } catch (error) {
    // A parser's own message quotes the text.
    return refused('body', error instanceof ContractError ? error.message : 'is not JSON in UTF-8');
  }
  if (event && event.type !== LEAD_CREATED) return refused('type', `is not ${LEAD_CREATED}`);
  if (event && event.dataVersion > LEAD_CREATED_VERSION)
    return refused('dataversion', `${event.dataVersion} is newer than ${LEAD_CREATED_VERSION}`);
  return judgedLead(leadOfJson(event ? event.data : given), event, options);
}

function judgedLead(data: unknown, event: Incoming | undefined, options: { defaultRegion: string }): Judged {
  const parsed = leadCreated.safeParse(data);
  if (!parsed.success) return { verdict: 'refused', problems: problemsOf(parsed.error) };
  const cleaned = clean(parsed.data, options);
  if ('refused' in cleaned) return refused(cleaned.refused.field, cleaned.refused.reason);
  return {
    verdict: 'accepted',
    lead: parsed.data,
    source: cleaned.dossier.source,
    ...(event ? { event: { id: event.id, source: event.source } } : {}),
    changes: cleaned.changes.map(({ field, rule }) => ({ field, rule })),
  };
}

const isEvent = (given: unknown): boolean => typeof given === 'object' && given !== null && 'specversion' in given;

type Issues = Parameters<typeof describeIssues>[0];
const problemsOf = (error: Issues): FieldProblem[] =>
  error.issues.map((issue) => ({
    field: issue.path.slice(0, issue.code === 'invalid_key' ? -1 : undefined).join('.') || 'body',
    problem: issue.message,
  }));
