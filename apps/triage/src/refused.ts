import { Inject, Injectable } from '@nestjs/common';
import { QUARANTINE_BODY_BYTES_MAX } from '@leadstream/contracts/streams';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { describeError, type Poison } from '@leadstream/eventlog/errors';
import { leadId } from '@leadstream/lead/identity';
import { addressesIn } from '@leadstream/lead/named';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Config } from './config.ts';

/** The limit of addresses looked up: each costs a request to the log. */
const ADDRESSES_MAX = 8;

const submitted = z.looseObject({ email: z.string() });
const enveloped = z.looseObject({ data: submitted });

/** Handles submissions that create no lead. QUARANTINE would keep an erased person's data for a month. */
@Injectable()
export class Refused {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly leads: LeadLog,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Deletes a refused submission of an erased lead; otherwise throws `refusal`, or Unavailable. */
  async discard({ message, cause }: Delivery, refusal: Poison): Promise<void> {
    if (!(await this.isOfErased(message.data))) throw refusal;
    await this.leads.discard(cause);
    this.metrics.submissions.inc({ outcome: 'refused', trusted: 'false' });
    const fields = { ...cause, outcome: 'deleted', error: describeError(refusal) };
    this.log.warn(fields, 'submission of an erased lead refused and deleted');
  }

  /** A larger body is not copied to QUARANTINE, and expires from INTAKE after two weeks. */
  private async isOfErased(data: Uint8Array): Promise<boolean> {
    if (data.byteLength > QUARANTINE_BODY_BYTES_MAX) return false;
    const asked = new Set<string>();
    for (const address of addressesIn(personIn(new TextDecoder().decode(data)))) {
      if (asked.size === ADDRESSES_MAX) return false;
      const id = leadId(this.config.LEAD_ID_SECRET, address);
      if (asked.has(id)) continue;
      asked.add(id);
      if ((await this.leads.load(id, { leader: true })).state.stop?.why === 'erased') return true;
    }
    return false;
  }
}

/**
 * The field that identifies the person; the whole text when it cannot be parsed, since any address in it may be the
 * person's.
 */
function personIn(text: string): unknown {
  const json = parsed(text);
  const envelope = enveloped.safeParse(json).data;
  return envelope?.data.email ?? submitted.safeParse(json).data?.email ?? text;
}

function parsed(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}
