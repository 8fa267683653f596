import { readFileSync } from 'node:fs';
import type { Decision, NothingCode } from '@leadstream/contracts/events';
import type { Hold } from '@leadstream/contracts/guard';
import { lastOf } from '@leadstream/eventlog/lead-messages';
import type { EventLog, Outcome } from '@leadstream/eventlog/log';
import { placeOf, seqFor } from '@leadstream/contracts/place';
import { decideTold, type Told } from '@leadstream/lead/recover';
import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { suppressionsOf } from '@leadstream/providers/suppressions';
import { codeOf } from './backup-folder.ts';
import { idOf, isLeadId, NobodyNamed } from './lead.ts';
import { mustFitLog } from './lead-id-secret.ts';
import { erasedSince, erasedSinceHeld, eraseAgain } from './restore-erased.ts';
import { heldOf, mustBe, type Stores } from './restore-held.ts';
import { differenceOf, loadedOf, lostDocuments, recover } from './restore-known.ts';
import { line } from './restore-status.ts';
import { espAccessOf, leadLog, note, print, type EspAccess } from './session.ts';
import { exitWith } from './terminal.ts';

export interface ReconcileOptions {
  esp?: boolean;
  stopped?: string;
  erased?: string;
  by?: string;
  dryRun?: boolean;
}

/** A lead that a line of a file names; `isAddress`: its id depends on LEAD_ID_SECRET. */
interface Named {
  id: string;
  row: number;
  isAddress: boolean;
}

/** The parameters of the other witnesses. */
interface Input {
  esp?: EspAccess;
  whom?: Named[];
  erased?: Named[];
}

/** Reads files and settings. Throws before any request or append. */
export function inputOf({ esp, stopped, erased, by }: ReconcileOptions): Input {
  if ((stopped ?? erased) !== undefined && !by?.trim())
    throw new Error('--stopped and --erased need --by: whose word it is');
  return {
    ...(stopped === undefined ? {} : { whom: namedIn(textOf(stopped, '--stopped'), '--stopped') }),
    ...(erased === undefined ? {} : { erased: namedIn(textOf(erased, '--erased'), '--erased') }),
    ...(esp ? { esp: espAccessOf() } : {}),
  };
}

function textOf(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`${option}: ${path} cannot be read (${codeOf(cause)}); nothing was changed`, { cause });
  }
}

export async function reconcile(
  stores: Stores,
  { esp, whom, erased = [] }: Input,
  { by, dryRun = false }: ReconcileOptions,
): Promise<void> {
  const { broker, db } = stores;
  const { hold } = await heldOf(stores, { dryRun });
  // A stop that finds nobody leaves its person to be mailed again.
  const isCertain = Boolean(esp) || whom?.some(({ isAddress }) => isAddress) === true;
  if (isCertain || erased.length > 0) await mustFitLog(broker, { isCertain });
  // Before the recovery, which must not bring back an erased lead's data.
  const leadIds = [...new Set([...(await erasedSince(broker, db)), ...erased.map(({ id }) => id)])];
  for (const { id, row } of erased)
    if (!(await lastOf(broker, id, 'leader'))) note(`line ${row} of --erased names no lead of the log`);
  if (dryRun && leadIds.length > 0) print(`${leadIds.length} leads would be erased again`);
  if (!dryRun) await eraseOnceMore(stores, hold, leadIds, by ?? 'leadctl restore reconcile');
  const log = leadLog(broker);
  const documents = new LeadQueries<LeadState>(db);
  const verb = dryRun ? 'would be recovered' : 'recovered';
  print(`${await recoverKnown(stores, log, { hold, dryRun })} leads ${verb} from their documents`);
  const tell: Tell = async (leadId, told, cause) => {
    const loaded = await loadedOf(log, leadId, documents);
    if ('unloaded' in loaded) {
      note(`${leadId}: ${loaded.unloaded}`);
      return 'unreadable';
    }
    const decide = (state: LeadState) => decideTold(state, told);
    if (dryRun) return answerOf(decide(loaded.state));
    const id = log.idAt({ leadId, lastSeq: seqFor(placeOf(hold.endSeq), leadId) }, `recovered/${leadId}/${cause}`);
    return answerOf(await log.decide(leadId, id, decide, loaded));
  };
  if (esp) await reconcileEsp(tell, esp, hold, verb);
  if (!whom) return;
  let [added, unknown] = [0, 0];
  for (const { id, row } of whom) {
    const told: Told = {
      witness: 'operator',
      why: 'unsubscribed',
      at: new Date().toISOString(),
      ...(by ? { by } : {}),
    };
    const answer = await tell(id, told, 'operator');
    if (answer === 'told') added++;
    if (answer !== 'unknown-lead') continue;
    note(`line ${row} of --stopped names no lead of the log`);
    unknown++;
  }
  print(`${added} of ${whom.length} leads that ${by} names ${verb} as stopped; ${unknown} of them are not in the log`);
}

/** Also completes the erasures that were cut off. The exit code is 1 when anything is left of a lead. */
async function eraseOnceMore(stores: Stores, hold: Hold, back: readonly string[], by: string): Promise<void> {
  const leadIds = [...new Set([...back, ...(await erasedSinceHeld(stores.broker, hold))])];
  const { again, left } = await eraseAgain({ ...stores, leadIds, by });
  if (again > 0) print(`${again} leads erased again`);
  if (left === 0) return;
  print(`${left} leads have something left: leadctl restore reconcile again, once that can be deleted`);
  exitWith(1);
}

/**
 * The number of leads whose documents have more than the log. Throws when the hold ends meanwhile, because the
 * documents change then.
 */
async function recoverKnown(
  { broker, db, records }: Stores,
  log: EventLog<LeadState>,
  { hold, dryRun }: { hold: Hold; dryRun: boolean },
): Promise<number> {
  let count = 0;
  for await (const document of lostDocuments(broker, db)) {
    const difference = await differenceOf(log, document);
    if (difference.recovered) continue;
    if (difference.unreadable) {
      note(line(difference).trim());
      continue;
    }
    if (!dryRun) {
      mustBe(hold, await records.read());
      await recover(log, document, seqFor(placeOf(hold.endSeq), document._id));
    }
    note(line(difference).trim());
    count++;
  }
  return count;
}

/** The leads that the file names, each with its line. Throws before any append, with all lines that name no lead. */
function namedIn(text: string, option: string): Named[] {
  const odd: number[] = [];
  const named = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .flatMap((line, index) => {
      const whom = line.trim();
      if (whom === '' || whom.startsWith('#')) return [];
      try {
        return [{ id: idOf(whom), row: index + 1, isAddress: !isLeadId(whom) }];
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
/** `told`: an event was appended, or would be; otherwise why not. */
type Answer = 'told' | 'unreadable' | NothingCode;
type Tell = (leadId: string, told: Told, cause: string) => Promise<Answer>;
const answerOf = (outcome: Decision | Outcome<LeadState>): Answer => ('nothing' in outcome ? outcome.nothing : 'told');

async function reconcileEsp(tell: Tell, access: EspAccess, { endAt }: Hold, verb: string): Promise<void> {
  const since = Temporal.Instant.from(endAt ?? '1970-01-01T02:00:00Z').subtract({ milliseconds: MARGIN_MS });
  const counts = { listed: 0, added: 0, blocked: 0, odd: 0 };
  for await (const { address, list, why, at } of suppressionsOf(access, since, note)) {
    counts.listed++;
    const canonical = canonicalAddress(address);
    if (!canonical) counts.odd++;
    else if (why === null) counts.blocked++;
    else {
      const told = { witness: 'esp', why, at } as const;
      const answer = await tell(leadId(access.LEAD_ID_SECRET, canonical), told, `${list}/${at}`);
      if (answer === 'told') counts.added++;
    }
  }
  print(
    `${counts.added} leads ${verb} from ${counts.listed} entries of the provider since ${since.toString()}; ` +
      `${counts.blocked} of them are blocks, which stop no lead` +
      (counts.odd > 0 ? `; ${counts.odd} name no address that can be read` : ''),
  );
}
