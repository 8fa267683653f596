import { createHash } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import {
  ContractError,
  describeIssues,
  mustBeReadable,
  parseIncoming,
  submissionKey,
  type Incoming,
} from '@leadstream/contracts/envelope';
import {
  LEAD_CREATED,
  LEAD_CREATED_BYTES_MAX,
  LEAD_CREATED_VERSION,
  leadCreated,
  type LeadCreated,
} from '@leadstream/contracts/lead-created';
import { Poison, Retry } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import { linkTraces } from '@leadstream/eventlog/spans';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { clean } from '@leadstream/lead/hygiene';
import { leadId } from '@leadstream/lead/identity';
import { leadOfJson } from '@leadstream/lead/intake/understood';
import { decideTriage, type Limits } from '@leadstream/lead/triage';
import { inWords } from '@leadstream/lead/words';
import { routed } from '@leadstream/sequences/submission';
import type { Loaded, Outcome } from '@leadstream/eventlog/log';
import { mailboxHash, mailboxOf, numberHash, type Mailbox } from '@leadstream/lead/mailbox';
import type { LeadState } from '@leadstream/lead/state';
import type { Clock } from '@leadstream/service/clock';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CLOCK, CONFIG } from '@leadstream/service/injected';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { Transitions } from '@leadstream/service/transitions';
import { trace } from '@opentelemetry/api';
import type { Config } from './config.ts';
import { IpCountries } from './ip-country.ts';
import { NewLeads } from './new-leads.ts';
import { Refused } from './refused.ts';
import { Tagger } from './tagger.ts';

const CLAIM_OPEN_RETRY_MS = 2_000;
const KEY_LENGTH_MAX = 1_000;

/** Normalises a submission, finds its time zone and route, and identifies its lead. */
@Controller()
export class TriageController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly leads: LeadLog,
    private readonly sequences: SequenceStore,
    private readonly transitions: Transitions,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly newLeads: NewLeads,
    private readonly metrics: Metrics,
    private readonly refused: Refused,
    private readonly ipCountries: IpCountries,
    private readonly tagger: Tagger,
  ) {}

  @EventPattern<string>(LEAD_CREATED)
  async onLeadCreated(@Ctx() delivery: Delivery): Promise<void> {
    try {
      await this.take(delivery);
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
      await this.refused.discard(delivery, error);
    }
  }

  private async take(delivery: Delivery): Promise<void> {
    const { lead, key, source } = read(delivery);
    const cleaned = clean(lead, { defaultRegion: this.config.DEFAULT_REGION });
    if ('refused' in cleaned) throw new Poison(`${cleaned.refused.field}: ${cleaned.refused.reason}`);
    const { address, phone } = cleaned.contact;
    const { cause } = delivery;
    const trusted = this.config.TRUSTED_SOURCES.includes(source);
    const id = leadId(this.config.LEAD_ID_SECRET, address);
    const mailbox = mailboxOf(address);
    trace.getActiveSpan()?.setAttribute('lead.id', id);
    const submission = {
      ...routed(cleaned, {
        ...this.sequences.routing(),
        defaultTimeZone: this.config.DEFAULT_TIME_ZONE,
        at: this.now(),
        ipCountry: this.ipCountries.of(cleaned.ip ?? ''),
        canaryDomain: this.config.CANARY_DOMAIN,
      }),
      intake: { seq: cause.seq, key, source: source.slice(0, 200) },
      trusted,
      mailbox: mailboxHash(this.config.LEAD_ID_SECRET, mailbox.name),
      ...(phone === undefined ? {} : { number: numberHash(this.config.LEAD_ID_SECRET, phone) }),
    };
    const loaded = await this.leads.load(id);
    // An operator has reviewed a submission before redriving it.
    if (!trusted && !delivery.isRedrive) await this.admit(loaded, mailbox);
    const limits = (): Limits => ({
      nowMs: this.now().epochMilliseconds,
      reenrolAfterMs: this.config.REENROL_AFTER.total('millisecond'),
    });
    const decide = (state: LeadState) => decideTriage(state, submission, limits());
    const outcome = await this.leads.decide(id, eventId(cause, 'triage'), decide, loaded);
    this.transitions.log(outcome);
    if ('event' in outcome) await linkTraces('triage', id, outcome.before.state.trace);
    if ('nothing' in outcome && outcome.nothing === 'erased') await this.leads.discard(cause);
    if ('nothing' in outcome && outcome.nothing === 'claim-open')
      throw new Retry(inWords(outcome), CLAIM_OPEN_RETRY_MS);
    await this.tagger.tag(outcome.after, 'event' in outcome ? outcome.event : undefined);
    this.metrics.submissions.inc({ outcome: whatBecameOf(outcome), trusted: String(trusted) });
  }

  /** Throws Poison when the submission would exceed the limit of new leads. */
  private async admit({ leadId: id, state }: Loaded<LeadState>, mailbox: Mailbox): Promise<void> {
    if (state.contact) return;
    const refusal = await this.newLeads.refusal(id, mailbox);
    // A follower may lag behind: read from the leader, so that a known lead is never refused.
    if (!refusal || (await this.leads.load(id, { leader: true })).state.contact) return;
    this.metrics.submissions.inc({ outcome: 'refused', trusted: 'false' });
    throw refusal;
  }
}

function whatBecameOf(outcome: Outcome<LeadState>): 'lead' | 'run' | 'rep' | 'kept' | 'known' {
  if ('nothing' in outcome) return 'known';
  const { type, data } = outcome.event;
  if (type === 'lead.triaged') return 'lead';
  const started = type === 'lead.resubmitted' ? data.route : null;
  if (!started) return 'kept';
  return type === 'lead.resubmitted' && data.tags.includes(started.tag) ? 'run' : 'rep';
}

function read({ message }: Delivery): { lead: LeadCreated; key: string; source: string } {
  if (message.data.length > LEAD_CREATED_BYTES_MAX)
    throw new Poison(`body of ${message.data.length} bytes is larger than ${LEAD_CREATED_BYTES_MAX}`);
  const incoming = incomingOf(message);
  if (incoming.type !== LEAD_CREATED) throw new Poison(`ce-type is not ${LEAD_CREATED}`);
  mustBeReadable(LEAD_CREATED, incoming.dataVersion, LEAD_CREATED_VERSION);
  const lead = leadCreated.safeParse(leadOfJson(incoming.data));
  if (!lead.success) throw new Poison(describeIssues(lead.error));
  return { lead: lead.data, key: keyOf(incoming), source: incoming.source };
}

/** Within the contract's length. The hash keeps two long ids apart that begin alike. */
function keyOf({ source, id }: Incoming): string {
  const key = submissionKey(source, id);
  return key.length <= KEY_LENGTH_MAX
    ? key
    : `${key.slice(0, KEY_LENGTH_MAX - 65)}#${createHash('sha256').update(key).digest('hex')}`;
}

function incomingOf(message: Delivery['message']) {
  try {
    return parseIncoming(message.headers, message.data);
  } catch (error) {
    if (error instanceof ContractError) throw new Poison(error.message, { cause: error });
    throw error;
  }
}
