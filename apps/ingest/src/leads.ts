import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { publishLead } from '@leadstream/contracts/publish';
import { Broker } from '@leadstream/eventlog/broker';
import { leadOfEntries, leadOfJson } from '@leadstream/lead/intake/understood';
import { Metrics } from '@leadstream/service/metrics';
import { readPosted, type Content, type Posted } from '@leadstream/service/posted';
import { Problem } from '@leadstream/service/problem';

const RETRY_AFTER_SECONDS = 5;

/** A request's body, and what ingest knows of its caller. */
export interface Submission extends Posted {
  /** `ce-source`. */
  source: string;
  /** The event's id; a random one without it. */
  id?: string | undefined;
  /** The caller's address. */
  ip?: string | undefined;
}

/** Understands a submission and publishes its lead. */
@Injectable()
export class Leads {
  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
  ) {}

  /** Resolves once the broker has stored the lead. Throws Problem. */
  async publish(submission: Submission): Promise<{ id: string; traceparent?: string }> {
    const { source, id } = submission;
    const lead = parse(await readPosted(submission), submission.ip);
    try {
      return await publishLead(this.broker.js(), lead, { source, ...(id === undefined ? {} : { id }) });
    } catch (error) {
      this.metrics.publishFailures.inc();
      throw new Problem('unavailable', 'The lead could not be stored; send it again', {
        cause: error,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
  }
}

function parse(content: Content, ip = ''): LeadCreated {
  const parsed = leadCreated.safeParse('json' in content ? leadOfJson(content.json) : leadOfEntries(content.entries));
  if (!parsed.success) throw Problem.invalid(parsed.error);
  // With every proxy trusted, this is any text that the caller put into X-Forwarded-For.
  const callersIp = isIP(ip) ? { ip } : {};
  return { ...parsed.data, ...(parsed.data.ip == null ? callersIp : {}) };
}
