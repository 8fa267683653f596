import type { Recorded } from '@leadstream/contracts/events';
import { CE, LEAD_VERSION } from '@leadstream/contracts/envelope';
import type { Broker } from '@leadstream/eventlog/broker';
import { HoleInChain } from '@leadstream/eventlog/errors';
import { storedOf } from '@leadstream/eventlog/lead-messages';
import type { EventLog, Loaded } from '@leadstream/eventlog/log';
import { leadFold, stateAfter } from '@leadstream/lead/evolve';
import { decideRecovered } from '@leadstream/lead/recover';
import { STOPS, type LeadState } from '@leadstream/lead/state';
import { liveLeads, type LeadDocument } from '@leadstream/projection/collections';
import type { LeadQueries } from '@leadstream/projection/queries';
import type { Db } from 'mongodb';

export type Lost = Pick<LeadDocument, '_id' | 'state' | 'version' | 'lastSeq' | 'updatedAt'> &
  Pick<LeadDocument, 'lastId'>;

/** Facts that a lead's document has and its log lacks. */
export interface Difference {
  leadId: string;
  isNew: boolean;
  stop: string | null;
  declined: string[];
  accepted: string[];
  open: string[];
  /** True when the log has it already. */
  recovered: boolean;
  /** True when the log lacks an event of its chain: nobody decides for it, so it gets no mail, held or not. */
  unreadable: boolean;
}

const CONCURRENCY = 32;

/**
 * The documents whose last event is not on the log's chain: their state includes lost events. Each is compared with the
 * log as it is then, because an erasure appends to the log and moves a document along.
 */
export async function* lostDocuments(broker: Broker, db: Db): AsyncGenerator<Lost> {
  const projection = { state: 1, version: 1, lastSeq: 1, lastId: 1, updatedAt: 1 };
  const all = (await liveLeads(db)()).find<Lost>({ lastSeq: { $gt: 0 } }, { projection, sort: { _id: 1 } });
  const page: Lost[] = [];
  const lost = async () => {
    const found = await Promise.all(page.splice(0).map(async (one) => ({ one, isThere: await isThere(broker, one) })));
    return found.filter(({ isThere: there }) => !there).map(({ one }) => one);
  };
  for await (const document of all) {
    page.push(document);
    if (page.length >= CONCURRENCY) yield* await lost();
  }
  yield* await lost();
}

async function isThere(broker: Broker, { _id, lastSeq: seq, lastId, updatedAt, version }: Lost): Promise<boolean> {
  const message = await storedOf(broker, { leadId: _id, seq });
  if (!message) return false;
  const isThen = Date.parse(message.header.get(CE.time)) === updatedAt.getTime();
  return lastId === undefined
    ? isThen && Number(message.header.get(LEAD_VERSION)) === version
    : isThen && message.header.get(CE.id) === lastId;
}

const idOf = (log: EventLog<LeadState>, { _id: leadId, lastSeq, lastId }: Lost): string =>
  log.idAt({ leadId, lastSeq }, `recovered/${leadId}/${lastId ?? ''}`);

/** The document's own state, of any release: missing fields have a new lead's values. */
const remembered = ({ state }: Lost): LeadState => ({
  ...leadFold.initial,
  ...(JSON.parse(state) as Partial<LeadState>),
});

export async function differenceOf(log: EventLog<LeadState>, document: Lost): Promise<Difference> {
  const leadId = document._id;
  const events = await log.history(leadId).catch(noneOfHole);
  if (!events)
    return {
      leadId,
      isNew: false,
      stop: null,
      declined: [],
      accepted: [],
      open: [],
      recovered: false,
      unreadable: true,
    };
  const [now, lost] = [stateAfter(events), remembered(document)];
  const isStronger =
    lost.stop !== null && (now.stop === null || STOPS.indexOf(lost.stop.why) > STOPS.indexOf(now.stop.why));
  const sends = Object.entries(lost.sends).filter(([id, { outcome }]) => now.sends[id]?.outcome !== outcome);
  const of = (outcome: string) => sends.filter(([, send]) => send.outcome === outcome).map(([id]) => id);
  return {
    leadId,
    isNew: now.contact === null,
    stop: isStronger ? (lost.stop?.why ?? null) : null,
    declined: lost.declined.filter((id) => !now.declined.includes(id)),
    accepted: of('accepted'),
    open: of('open'),
    recovered: events.some(({ id }) => id === idOf(log, document)),
    unreadable: false,
  };
}

/** Undefined for a lead of whose chain an event is missing: one such lead must not keep all others held. */
function noneOfHole(error: unknown): undefined {
  if (!(error instanceof HoleInChain)) throw error;
}

/** Of a lead that no restore command can do anything about. */
export const UNREADABLE = 'an event of it is missing in LEADS (leadctl verify names it), so it gets no mail';

/** `stateVersion`: of the lead's document, which a service that folds by that version decides on. */
export interface Unloaded {
  unloaded: string;
  stateVersion?: number;
}

/**
 * The lead as a service loads it: where an event is missing, a document beyond it is enough to decide, and so to mail.
 * Throws when MongoDB does not tell.
 */
export async function loadedOf(
  log: EventLog<LeadState>,
  leadId: string,
  documents: LeadQueries<LeadState>,
): Promise<Loaded<LeadState> | Unloaded> {
  const whole = await log.load(leadId, { leader: true }).catch(noneOfHole);
  if (whole) return whole;
  const document = await documents.baseline(leadId);
  if (!document) return { unloaded: UNREADABLE };
  const { stateVersion, ...at } = document;
  if (stateVersion !== leadFold.stateVersion) return { unloaded: ofOtherVersion(stateVersion), stateVersion };
  const loaded = await log.load(leadId, { leader: true, baseline: { leadId, ...at } }).catch(noneOfHole);
  return loaded ?? { unloaded: UNREADABLE };
}

const ofOtherVersion = (version: number): string =>
  `an event of it is missing in LEADS, and its document is of state version ${version}, not ` +
  `${leadFold.stateVersion}: only a service of that version decides for it, and only its leadctl`;

/**
 * Appends the document's facts, once. `endSeq`: the end of its restored stream. Returns the event, or undefined when
 * the log has it.
 */
export async function recover(log: EventLog<LeadState>, document: Lost, endSeq: number): Promise<Recorded | undefined> {
  const { _id: leadId, version, lastSeq, lastId = '' } = document;
  const events = await log.history(leadId);
  const id = idOf(log, document);
  if (events.some((event) => event.id === id)) return undefined;
  const known = {
    state: remembered(document),
    place: { version, lastSeq, lastId },
    restored: stateAfter(events.filter(({ seq }) => seq <= endSeq)),
  };
  const outcome = await log.decide(leadId, id, (state) => decideRecovered(state, known));
  return 'event' in outcome ? outcome.event : undefined;
}
