import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { idAndTime, NO_OUTCOME } from '@leadstream/contracts/envelope';
import type { EventType, Recorded } from '@leadstream/contracts/events';
import { streams } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { Chain, positionOf } from '@leadstream/eventlog/chain';
import { PublicStream, type Published } from '@leadstream/eventlog/public-stream';
import type { Keys } from '@leadstream/eventlog/sealing';
import { outcomeOf, TOLD_TYPES } from '@leadstream/lead/outcomes';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, KEYS } from '@leadstream/service/injected';
import { Metrics } from '@leadstream/service/metrics';
import { LRUCache } from 'lru-cache';

const HOUR_MS = 3_600_000;
/**
 * The age up to which an event is published: shorter than PUBLIC keeps its outcome, so that no outcome that has aged
 * out there is published a second time.
 */
export const TOLD_MS = streams.PUBLIC.maxAgeMs - HOUR_MS;

const START = { version: 0, lastSeq: 0 };
/** Leads whose last outcome is remembered. */
const REMEMBERED_MAX = 10_000;

const nameOf = ({ cause }: Published): string => idAndTime(cause.lastId, cause.lastAtMs);

/**
 * Publishes what other teams are told of a lead. A delivery is a trigger only: all events of the lead since its last
 * outcome are published, in their order, so that a late, repeated or overtaken delivery changes nothing.
 */
@Controller()
export class OutcomesController {
  private readonly chain: Chain;
  private readonly told: PublicStream;
  /** By lead, the last outcome that this process has appended. */
  private readonly recent = new LRUCache<string, Published>({ max: REMEMBERED_MAX });

  constructor(
    broker: Broker,
    @Inject(KEYS) keys: Keys,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly now: Clock,
  ) {
    this.chain = new Chain(broker, keys);
    this.told = new PublicStream(broker);
  }

  @EventPattern<readonly EventType[]>(TOLD_TYPES)
  async onEvent(@Payload() event: Recorded): Promise<void> {
    if (this.isOld(event)) return;
    // A follower may show an older last outcome: the append then conflicts, and the leader is asked.
    for (let isDone = false, round = 0; !isDone; round++) {
      const last = await (round === 0 ? this.lastBefore(event) : this.told.last(event.leadId, true));
      isDone = await this.publish(event, last);
    }
  }

  /** Without a question for a lead's first event, and where the event names the outcome that was appended here. */
  private async lastBefore({ leadId, version, prevOutcome }: Recorded): Promise<Published | undefined> {
    if (version === 1) return undefined;
    const known = this.recent.get(leadId);
    return known && nameOf(known) === prevOutcome ? known : this.told.last(leadId, false);
  }

  /** False when another process has published meanwhile: what is new must be read again. */
  private async publish(trigger: Recorded, last: Published | undefined): Promise<boolean> {
    const { leadId } = trigger;
    const { news, onChain } = await this.since(last, trigger);
    const erased = news.findLastIndex(({ type }) => type === 'lead.erased');
    // A restore replaced the log that the last outcome is of, or an erasure deleted its event.
    const published = onChain ? undefined : await this.told.ids(leadId);
    if (erased >= 0 && (await this.told.forget(leadId))) return false;
    let seq = last?.seq ?? 0;
    for (const event of news.slice(Math.max(0, erased))) {
      const outcome = this.isOld(event) || published?.has(event.id) ? null : outcomeOf(event);
      if (!outcome) continue;
      const next = await this.told.append(event, outcome, seq);
      if (next === undefined) return false;
      seq = next;
      this.recent.set(leadId, { seq, cause: positionOf(event) });
      this.metrics.outcomes.inc({ type: outcome.type });
    }
    return true;
  }

  /** The lead's events after its last outcome. The trigger alone, when it names that one as the last before it. */
  private async since(last: Published | undefined, trigger: Recorded): Promise<{ news: Recorded[]; onChain: boolean }> {
    if (trigger.prevOutcome === (last ? nameOf(last) : NO_OUTCOME))
      return { news: [await this.chain.open(trigger)], onChain: true };
    return this.chain.since(trigger.leadId, last?.cause ?? START, false, trigger);
  }

  private isOld({ at }: Recorded): boolean {
    return this.now().epochMilliseconds - Date.parse(at) > TOLD_MS;
  }
}
