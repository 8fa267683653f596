import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { publishLead } from '@leadstream/contracts/publish';
import { Broker } from '@leadstream/eventlog/broker';
import { SERVICE } from '@leadstream/eventlog/spans';
import { addressProblem } from '@leadstream/lead/address';
import { leadsIn } from '@leadstream/lead/intake/adapt';
import { leadOfEntries, leadOfJson, type Entry } from '@leadstream/lead/intake/understood';
import { Metrics } from '@leadstream/service/metrics';
import { contentOf, readPosted, Unreadable, type Posted } from '@leadstream/service/posted';
import { Problem } from '@leadstream/service/problem';
import { fetchNamed } from './fetched.ts';
import { FormServices } from './form-services.ts';
import { fromVisitor } from './robots.ts';

const RETRY_AFTER_SECONDS = 5;

/** A request's body, and what ingest knows of its caller. */
export interface Submission extends Posted {
  /** `ce-source`. */
  source: string;
  /** The event's id; a random one without it. */
  id?: string | undefined;
  /** The caller's address. */
  ip?: string | undefined;
  /** The form service whose post it is, and the fields in the address that it posts to. */
  via?: string | undefined;
  query?: readonly Entry[] | undefined;
}

export interface Published {
  id: string;
  traceparent?: string;
}

/** Refuses an address that triage could only quarantine, while the visitor is there. */
const writableLead = leadCreated.superRefine(({ email }, context) => {
  const reason = addressProblem(email);
  if (reason) context.addIssue({ code: 'custom', path: ['email'], message: reason });
});

function validLead(lead: unknown): LeadCreated | Problem {
  const { data, error } = writableLead.safeParse(lead);
  return data ? fromVisitor(data) : Problem.invalid(error);
}

/** Understands submissions and publishes their leads. */
@Injectable()
export class Leads {
  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
    private readonly services: FormServices,
  ) {}

  /**
   * Resolves once the broker has stored the leads: one, or those of a form service's post. Throws Problem; of several
   * leads the valid ones are stored before.
   */
  async publish(submission: Submission): Promise<Published[]> {
    const leads = await this.#leadsOf(submission).catch(refused);
    const published: Published[] = [];
    let problem: Problem | undefined;
    for (const { lead, id } of leads) {
      const valid = validLead(lead);
      if (valid instanceof Problem) problem ??= valid;
      else published.push(await this.#store(withAddress(valid, submission.ip), submission.source, id));
    }
    if (problem) throw problem;
    return published;
  }

  async #leadsOf({ via, query, id, ...body }: Submission): Promise<{ lead: unknown; id?: string | undefined }[]> {
    if (via === undefined) {
      const content = await readPosted(body);
      return [{ lead: 'json' in content ? leadOfJson(content.json) : leadOfEntries(content.entries), id }];
    }
    const adapter = this.services.of(via);
    const post = await contentOf(body);
    const token = this.services.accessToken(via);
    if (token !== undefined) await fetchNamed(adapter, post, token);
    const leads = leadsIn(adapter, post, query);
    return leads.map((one) => ({ lead: one.lead, id: leads.length === 1 && id ? id : eventId(one.id) }));
  }

  async #store(lead: LeadCreated, source: string, id: string | undefined): Promise<Published> {
    try {
      const attributes = { [SERVICE]: 'ingest' };
      return await publishLead(this.broker.js(), lead, { source, attributes, ...(id === undefined ? {} : { id }) });
    } catch (error) {
      this.metrics.publishFailures.inc();
      throw new Problem('unavailable', 'The lead could not be stored; send it again', {
        cause: error,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
  }
}

/** An unreadable body as the refusal of its request. */
export function refused(error: unknown): never {
  throw error instanceof Unreadable ? new Problem(error.reason, error.message, { cause: error }) : error;
}

/** A submission's id is a service's own text. */
const eventId = (id: string | undefined): string | undefined =>
  id === undefined || /^[\x21-\x7e]{1,200}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');

/** With every proxy trusted, `ip` is any text that the caller put into X-Forwarded-For. */
const withAddress = (lead: LeadCreated, ip = ''): LeadCreated => (lead.ip == null && isIP(ip) ? { ...lead, ip } : lead);
