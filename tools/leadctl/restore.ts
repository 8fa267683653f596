import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { CONFIRMS_MAX, type Confirm, type Hold } from '@leadstream/contracts/guard';
import type { Broker } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { eventId } from '@leadstream/eventlog/ids';
import { decideTold, type Told } from '@leadstream/lead/recover';
import { replaceWitness } from '@leadstream/projection/witness';
import { lastEvent } from '@leadstream/service/guard-facts';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Db } from 'mongodb';
import { hasSeenMore, judged, type Judged } from './judged.ts';
import { idOf, NobodyNamed } from './lead.ts';
import { erasedSince, eraseAgain } from './restore-erased.ts';
import { suppressed } from './restore-esp.ts';
import { closeGap } from './restore-gap.ts';
import { differenceOf, lostDocuments, recover, type Difference } from './restore-known.ts';
import { mustBeWhole } from './restore-mark.ts';
import { delayScaleOf, espAccessOf, leadLog, note, print, withBroker, withDb } from './session.ts';

interface Stores { broker: Broker; db: Db; replicas: number; records: GuardRecords }

export function restoreCommands(program: Command): Command {
  const restore = program.command('restore').description('bring a backup back, find out what an older log lacks, add what is known of it, and let sending go on');
  restore.command('status').description('whether the log is held and why, what of it is missing, and what the documents know of it').option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => withStores(async (stores) => print(json ? await statusOf(stores) : shown(await statusOf(stores)))));
  restore.command('reconcile').description('append what a witness knows and the log does not: one event a lead, safe to repeat and to interrupt')
    .option('--esp', 'ask the provider’s suppression lists too (SENDGRID_API_KEY with suppression.read)')
    .option('--stopped <file>', 'a file of addresses or lead ids, one a line, whom an operator knows to have said stop')
    .option('--erased <file>', 'the same, of people erased since the backup whom neither MongoDB nor the bucket keys knows')
    .option('--by <name>', 'the operator who says so, with --stopped and --erased')
    .option('--dry-run', 'only say what would be appended')
    .action((options: ReconcileOptions) => withStores((stores) => reconcile(stores, options)));
  restore.command('confirm').description('close what nobody knows, begin a new epoch, and let sending go on')
    .requiredOption('--by <name>', 'who says so')
    .addOption(new Option('--gap <how>', 'skip: each step whose time is not after now counts as skipped; hold: its lead is paused').choices(['skip', 'hold']).default('skip'))
    .action((options: ConfirmOptions) => withStores((stores) => confirm(stores, options)));
  return restore;
}

const withStores = <T>(work: (stores: Stores) => Promise<T>): Promise<T> => withBroker((broker, replicas) => withDb((db) => work({ broker, db, replicas, records: new GuardRecords(broker, replicas) })));

interface Status {
  held: boolean;
  why: string | null;
  hold: Hold | null;
  log: { lastSeq: number; lastAt: string | null };
  witness: { highSeq: number; at: string } | null;
  /** Sequences that were seen and are not in the log. */
  missing: { from: number; to: number } | null;
  leads: Difference[];
  /** Leads that were erased, and that a backup has brought back. */
  erased: string[];
}

async function statusOf({ broker, db, replicas }: Stores): Promise<Status> {
  const { verdict, facts } = await judged(broker, db, replicas);
  const hold = facts.record?.hold ?? null;
  const end = hold?.endSeq ?? facts.log.lastSeq;
  const high = Math.max(facts.witness?.highSeq ?? 0, hold?.highSeq ?? 0);
  const leads: Difference[] = [];
  const isHeld = verdict.kind === 'held';
  const log = leadLog(broker);
  if (isHeld) for await (const document of lostDocuments(broker, db, facts.log.lastSeq)) leads.push(await differenceOf(log, document));
  return {
    held: isHeld, why: isHeld ? verdict.why : null, hold, log: { lastSeq: facts.log.lastSeq, lastAt: (await lastEvent(broker))?.at ?? null },
    witness: facts.witness ? { highSeq: facts.witness.highSeq, at: facts.witness.at.toISOString() } : null,
    missing: isHeld && high > end ? { from: end + 1, to: high } : null, leads, erased: await erasedSince(broker, db),
  };
}

function shown({ held, why, hold, log, witness, missing, leads, erased }: Status): string {
  const back = erased.map((leadId) => `erased   ${leadId} was erased, and a backup has brought it back`);
  if (!held) {
    const end = `the log goes on: it ends at ${log.lastSeq}${witness ? `, and MongoDB has seen ${witness.highSeq}` : ''}`;
    return [end, ...back, ...(back.length > 0 ? ['next     leadctl lead erase for each of them'] : [])].join('\n');
  }
  const open = leads.filter(({ recovered }) => !recovered);
  return [
    `held     ${why}${hold ? `, noticed by ${hold.by} at ${hold.at}` : ''}`,
    ...(missing ? [`missing  LEADS ${missing.from} to ${missing.to}: what happened from ${hold?.endAt ?? log.lastAt ?? '?'} to ${witness?.at ?? '?'}`] : []),
    `known    ${leads.length} leads by their documents, ${leads.length - open.length} of them are in the log again`,
    ...leads.map(line), ...back,
    open.length > 0 || erased.length > 0 ? 'next     leadctl restore reconcile, then leadctl restore confirm --by <you>' : 'next     leadctl restore reconcile --esp and --stopped for what the documents do not know; then leadctl restore confirm --by <you>',
  ].join('\n');
}

const line = ({ leadId, isNew, stop, declined, accepted, open, recovered }: Difference): string => `  ${leadId}  ${[
  ...(isNew ? ['new lead'] : []), ...(stop ? [stop] : []), ...(declined.length > 0 ? [`declined ${declined.join(' ')}`] : []),
  ...(accepted.length > 0 ? [`${accepted.length} accepted sends`] : []), ...(open.length > 0 ? [`${open.length} open sends`] : []), ...(recovered ? ['in the log again'] : []),
].join(', ') || 'nothing but its place'}`;

async function heldOf({ broker, db, replicas, records }: Stores): Promise<Judged & { hold: Hold }> {
  const it = await judged(broker, db, replicas);
  const { verdict, facts } = it;
  if (verdict.kind !== 'held') throw new Error('the log is not held: there is nothing to do');
  if (facts.record?.hold) return { ...it, hold: facts.record.hold };
  // Nobody runs who could have noticed.
  if (verdict.reason === 'recorded') throw new Error('the hold cannot be read');
  const last = await lastEvent(broker);
  const hold: Hold = { reason: verdict.reason, why: verdict.why, at: new Date().toISOString(), by: 'leadctl', endSeq: facts.log.lastSeq, endAt: last?.at ?? null, highSeq: verdict.highSeq };
  const record = await records.hold(facts.log.created, hold);
  return { verdict, facts: { ...facts, record }, hold };
}

interface ReconcileOptions {
  esp?: boolean;
  stopped?: string;
  erased?: string;
  by?: string;
  dryRun?: boolean;
}

async function reconcile(stores: Stores, options: ReconcileOptions): Promise<void> {
  const { esp, stopped, by, dryRun } = options;
  if ((stopped ?? options.erased) && !by) throw new Error('--stopped and --erased need --by: whose word it is');
  const whom = stopped ? namedIn(readFileSync(stopped, 'utf8')) : [];
  const told = options.erased ? namedIn(readFileSync(options.erased, 'utf8'), '--erased').map(({ id }) => id) : [];
  const { broker, db, replicas } = stores;
  const { facts, hold } = await heldOf(stores);
  // Before anything is recovered: what is known of them must not come back with it.
  const leadIds = [...new Set([...await erasedSince(broker, db), ...told])];
  if (!dryRun) await eraseAgain({ broker, db, replicas, leadIds, by: by ?? 'leadctl restore reconcile' });
  if (leadIds.length > 0) print(`${leadIds.length} leads ${dryRun ? 'would be ' : ''}erased again`);
  const log = leadLog(broker);
  const verb = dryRun ? 'would be recovered' : 'recovered';
  let count = 0;
  for await (const document of lostDocuments(broker, db, facts.log.lastSeq)) {
    const difference = await differenceOf(log, document);
    if (difference.recovered) continue;
    if (!dryRun) await recover(log, document, hold.endSeq);
    note(line(difference).trim());
    count++;
  }
  print(`${count} leads ${verb} from their documents`);
  const tell = async (leadId: string, told: Told, cause: string): Promise<boolean> => {
    const loaded = await log.load(leadId, { leader: true });
    if (dryRun) return 'type' in decideTold(loaded.state, told);
    return 'event' in await log.decide(leadId, eventId({ stream: 'LEADS', seq: hold.endSeq }, `recovered/${leadId}/${cause}`), (state) => decideTold(state, told), loaded);
  };
  if (esp) await reconcileEsp(tell, hold, verb);
  if (!stopped) return;
  let [added, unknown] = [0, 0];
  for (const { id, row } of whom) {
    if (await tell(id, { witness: 'operator', why: 'unsubscribed', at: new Date().toISOString(), ...(by ? { by } : {}) }, 'operator')) added++;
    else if (!(await log.load(id, { leader: true })).state.contact) {
      note(`line ${row} of --stopped names no lead of the log`);
      unknown++;
    }
  }
  print(`${added} of ${whom.length} leads that ${by} names ${verb} as stopped; ${unknown} of them are not in the log`);
}

/** Whom the file names, with the line of each. Throws before anything is appended, with the lines that name nobody. */
export function namedIn(text: string, option = '--stopped'): { id: string; row: number }[] {
  const odd: number[] = [];
  const named = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/).flatMap((line, index) => {
    const whom = line.trim();
    if (whom === '' || whom.startsWith('#')) return [];
    try {
      return [{ id: idOf(whom), row: index + 1 }];
    } catch (error) {
      if (!(error instanceof NobodyNamed)) throw error;
      odd.push(index + 1);
      return [];
    }
  });
  if (odd.length > 0) {
    const rows = `${odd.slice(0, 20).join(', ')}${odd.length > 20 ? ` and ${odd.length - 20} more` : ''}`;
    throw new Error(`${option}: neither a lead id nor an email address in line ${rows}; nothing was changed`);
  }
  return [...new Map(named.toReversed().map((each) => [each.id, each])).values()].reverse();
}

/** A margin for clocks that differ. */
const MARGIN_MS = 3_600_000;

async function reconcileEsp(tell: (leadId: string, told: Told, cause: string) => Promise<boolean>, { endAt }: Hold, verb: string): Promise<void> {
  const since = Temporal.Instant.from(endAt ?? '1970-01-01T02:00:00Z').subtract({ milliseconds: MARGIN_MS });
  const counts = { listed: 0, added: 0, blocked: 0 };
  for await (const { leadId, list, why, at } of suppressed(espAccessOf(), since)) {
    counts.listed++;
    if (why === null) counts.blocked++;
    else if (await tell(leadId, { witness: 'esp', why, at }, `${list}/${at}`)) counts.added++;
  }
  print(`${counts.added} leads ${verb} from ${counts.listed} entries of the provider since ${since.toString()}; ${counts.blocked} of them are blocks, which stop nobody`);
}

interface ConfirmOptions { by: string; gap: 'skip' | 'hold' }

async function confirm(stores: Stores, { by, gap }: ConfirmOptions): Promise<void> {
  const { broker, db, records } = stores;
  const { facts, hold } = await heldOf(stores);
  await mustBeWhole(broker, stores.replicas);
  const erased = await erasedSince(broker, db);
  if (erased.length > 0) {
    const some = erased.slice(0, 3).join(', ');
    throw new Error(`a backup has brought ${erased.length} erased leads back (${some}): leadctl restore reconcile first`);
  }
  const log = leadLog(broker);
  const known = new Set<string>();
  const missing: string[] = [];
  for await (const document of lostDocuments(broker, db, facts.log.lastSeq)) {
    known.add(document._id);
    if (!(await differenceOf(log, document)).recovered) missing.push(document._id);
  }
  if (missing.length > 0) throw new Error(`the documents of ${missing.length} leads know what the log does not (${missing.slice(0, 3).join(', ')}): leadctl restore reconcile first`);
  const sequences = await new SequenceStore(broker, stores.replicas).read();
  // Of a lead whose document is on the chain nothing is lost, where the documents are newer than the log.
  const areNewer = hasSeenMore(facts, hold.endSeq);
  const knows = (leadId: string): boolean => known.has(leadId) || areNewer;
  const closed = await closeGap(broker, log, sequences, { how: gap, by, scale: delayScaleOf(), knows });
  for (const { leadId, stepId, audience } of closed.closed) note(`${leadId}: "${stepId}" to the ${audience === 'lead' ? 'lead' : 'rep'} counts as skipped: nobody knows whether it was sent`);
  for (const leadId of closed.paused) note(`${leadId}: paused`);
  await beginEpoch({ db, records, broker }, facts, { by, gap });
  print(`confirmed by ${by}: sending goes on. ${closed.closed.length} steps skipped, ${closed.paused.length} leads paused`);
}

/** The witness first, then the record, which lifts the hold: until that one write everything is held. */
async function beginEpoch({ broker, db, records }: Pick<Stores, 'broker' | 'db' | 'records'>, { witness }: Judged['facts'], { by, gap }: ConfirmOptions): Promise<void> {
  const epoch = randomUUID();
  const at = new Date().toISOString();
  const { created } = (await (await broker.jsm()).streams.info('LEADS'));
  const last = await lastEvent(broker);
  await replaceWitness(db, { epoch, created, highSeq: last?.seq ?? 0, highId: last?.id ?? '', at: new Date() });
  await records.beat({ at, by: 'leadctl', left: true });
  await records.change((now) => {
    const ended = [...new Set([...(now ? [now.epoch] : []), ...(witness ? [witness.epoch] : [])])];
    const confirms = ended.map((was): Confirm => ({ was, epoch, by, at, hold: now?.hold ?? null, gap, seq: last?.seq ?? 0 }));
    return { epoch, created, witnessed: true, hold: null, confirms: [...now?.confirms ?? [], ...confirms].slice(-CONFIRMS_MAX) };
  });
}
