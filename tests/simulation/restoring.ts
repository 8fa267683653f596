import type { GuardRecord, Hold, Witness } from '@leadstream/contracts/guard';
import type { Recorded } from '@leadstream/contracts/events';
import type { GuardRecords } from '@leadstream/eventlog/guard-record';
import type { LeadDocument } from '@leadstream/projection/collections';
import { replaceWitness } from '@leadstream/projection/witness';
import type { Planning } from '@leadstream/sequences/plan';
import { RestoreGuard, type GuardParts } from '@leadstream/service/guard';
import type { LeadLog } from '@leadstream/service/lead-log';
import type { Db } from 'mongodb';
import { closeLead } from '@leadstream/leadctl/restore-gap';
import { lostDocuments, recover } from '@leadstream/leadctl/restore-known';
import { placeJson, placeOf, seqFor } from '@leadstream/contracts/place';
import { logOf, logStreams, partitionOf } from '@leadstream/contracts/streams';
import { createdOf, type Streams } from './broker.ts';
import type { Database } from './database.ts';
import { hours, sequences } from './configuration.ts';
import type { RuntimeListener, Restored, Restores } from './runtime.ts';
import { Process, type SimulatedRun } from './faults.ts';

const nothing = () => undefined;
const GAP_MS = 600_000;
const AGAIN_MS = 1_000;
const OPERATOR_MS = 600_000;
const GUARDED: ReadonlySet<string> = new Set(['sender', 'sms', 'scheduler', 'projector']);
const CLAIMANTS: ReadonlySet<string> = new Set(['sender', 'sms']);

interface Copy {
  seq: number;
  atMs: number;
  leads: Map<string, LeadDocument>;
  witnesses: Map<string, Witness>;
}

/**
 * Each process's RestoreGuard, the entry and the witness that it judges by, and the operator who reconciles and
 * confirms.
 */
export class Restoring implements Restores {
  restored: Restored | undefined;
  readonly #run: SimulatedRun;
  readonly #streams: Streams;
  readonly #database: Database;
  readonly #on: RuntimeListener;
  readonly #open: (operator: Process) => LeadLog;
  readonly #operator: Process;
  readonly #guards = new Map<Process, RestoreGuard>();
  #record: GuardRecord;
  /** The time of the entry's heartbeat; undefined means now. */
  #aliveMs: number | undefined;

  constructor(
    run: SimulatedRun,
    streams: Streams,
    database: Database,
    on: RuntimeListener,
    open: (operator: Process) => LeadLog,
  ) {
    this.#run = run;
    this.#record = { epoch: 'first', created: createdOf(run), witnessed: true, hold: null, confirms: [] };
    this.#streams = streams;
    this.#database = database;
    this.#on = on;
    this.#open = open;
    this.#operator = new Process(run, 'operator', 2, nothing);
  }

  get #lastSeq(): number {
    return this.#streams.of('LEADS').at(-1)?.seq ?? 0;
  }

  /** A run has one lead. */
  get #leadId(): string {
    return this.#streams.of('LEADS')[0]?.subject.split('.')[1] ?? '';
  }

  /** That of the lead's stream. */
  get #witness(): Witness | undefined {
    return this.#database.witnesses.get(logOf(this.#leadId, this.#run.partitions).stream);
  }

  isOpen(process: Process): boolean {
    return this.#guards.get(process)?.open ?? true;
  }

  /**
   * The guard of a process that has just started. It judges when it is woken; without a restore nothing changes from
   * minute to minute.
   */
  guard(process: Process, db: Db): RestoreGuard | undefined {
    if (!GUARDED.has(process.service)) return undefined;
    const parts = {
      broker: this.#streams.watched(),
      db,
      records: this.#records(),
      health: { add: nothing },
      metrics: { logHeld: { set: nothing } },
      log: { info: nothing, warn: nothing, error: nothing },
      service: process.name,
      everyMs: 60_000,
      gapMs: GAP_MS,
      keeps: process.service === 'projector',
    } as unknown as GuardParts;
    const guard = new RestoreGuard(parts);
    const { incarnation } = process;
    let isJudging = false;
    const judge = async () => {
      do {
        guard['woken'] = false;
        await guard['judge']().catch((error: unknown) => guard['unjudged'](error));
        if (guard['verdict'].kind === 'waits') await this.#run.time.wait(AGAIN_MS);
      } while (guard['woken'] || guard['verdict'].kind === 'waits');
      isJudging = false;
    };
    const wake = () => {
      if (isJudging) return;
      isJudging = true;
      this.#run.time.after(1, () => void judge(), incarnation);
    };
    guard['wake'] = wake;
    guard.onChange(() => {
      this.#run.trace(process.name, () => (guard.open ? 'accepts this log' : `rejects this log: ${guard.why}`));
      if (guard.open) this.#on.opened();
    });
    this.#guards.set(process, guard);
    wake();
    return guard;
  }

  copy(seq: number): (lost: readonly Recorded[]) => void {
    const { leads, witnesses } = this.#database;
    const copied = { seq, atMs: this.#run.time.nowMs, leads: new Map(leads), witnesses: new Map(witnesses) };
    return (lost) => this.#putBack(copied, lost);
  }

  /** The read model is newer than the log, as old, or gone. */
  #putBack(copy: Copy, lost: readonly Recorded[]): void {
    const { choices, time } = this.#run;
    const which = choices.one('read model', ['newer', 'as old', 'gone'] as const);
    const shownSeq = Math.max(0, ...[...this.#database.leads.values()].map(({ lastSeq }) => lastSeq));
    this.#run.trace('restore', `the read model is ${which}`);
    if (which !== 'newer') {
      this.#database.leads.clear();
      this.#database.witnesses.clear();
    }
    if (which === 'as old') {
      for (const [id, lead] of copy.leads) this.#database.leads.set(id, lead);
      for (const [stream, witness] of copy.witnesses) this.#database.witnesses.set(stream, witness);
    }
    this.restored = {
      atMs: time.nowMs,
      endSeq: copy.seq,
      lost,
      known: which === 'newer' ? lost.filter(({ seq }) => seq <= shownSeq) : [],
      isNoticeable: this.#isNoticeable(copy),
    };
    this.#aliveMs = copy.atMs;
    for (const [{ alive }, guard] of this.#guards) if (alive) guard.doubt('the log is judged after a reconnect');
    // A lost read model is found by the comparison.
    this.#on.lost();
  }

  /**
   * A lost witness and a gap hold only processes that start. A sender that lives on, and remembers nothing beyond the
   * restored end, goes on without the witness (ADR 21): it may claim until another process starts.
   */
  #isNoticeable({ atMs, seq }: Copy): boolean {
    const witness = this.#witness;
    const living = [...this.#guards].filter(([{ alive }]) => alive);
    const isRemembered = living.some(([, guard]) => guard.highSeqFor(this.#leadId) > seq);
    const goesOn = living.some(([{ service }, guard]) => CLAIMANTS.has(service) && guard['memory'].length > 0);
    const isHeldAtStart = !witness || this.#run.time.nowMs - atMs > GAP_MS;
    return isRemembered || (witness?.highSeq ?? 0) > seq || (isHeldAtStart && !goesOn);
  }

  #records(): GuardRecords {
    const change: GuardRecords['change'] = (decide) => {
      const next = decide(this.#record);
      if (next && next !== this.#record) this.#changed(next);
      return Promise.resolve(this.#record);
    };
    const records: Partial<GuardRecords> = {
      read: () => Promise.resolve(this.#record),
      alive: () =>
        Promise.resolve({ at: new Date(this.#aliveMs ?? this.#run.time.nowMs).toISOString(), by: 'a process' }),
      beat: () => {
        this.#aliveMs = undefined;
        return Promise.resolve();
      },
      hold: (judged: GuardRecord | null, _created: string, hold: Hold) =>
        change((now) => (now && now === judged && !now.hold ? { ...now, hold } : now)),
      change,
    };
    return records as GuardRecords;
  }

  /** All follow the entry. */
  #changed(record: GuardRecord): void {
    const { time, choices } = this.#run;
    const wasHeld = this.#record.hold;
    this.#record = record;
    for (const [{ alive }, guard] of this.#guards) {
      if (!alive) continue;
      guard['woken'] = true;
      guard['wake']();
    }
    if (!record.hold || wasHeld) return;
    if (this.restored) {
      this.restored.heldMs ??= time.nowMs;
      this.restored.heldSeq ??= this.#lastSeq;
    }
    time.after(
      choices.one('operator comes after', [60_000, OPERATOR_MS, 7_200_000]),
      () => this.#operate(record.hold!),
      null,
    );
  }

  /** Repeated until it succeeds: each part may be repeated. */
  #operate(hold: Hold): void {
    const { time } = this.#run;
    const operator = this.#operator;
    if (!this.#record.hold) return;
    const again = () => time.after(OPERATOR_MS, () => this.#operate(hold), null);
    if (!operator.alive) return void again();
    const { incarnation } = operator;
    const ended = () => {
      if (incarnation.onEnd.delete(ended)) again();
    };
    incarnation.onEnd.add(ended);
    time.incarnation = incarnation;
    this.#confirm(hold).then(ended, ended);
  }

  async #confirm(hold: Hold): Promise<void> {
    const operator = this.#operator;
    const db = this.#database.dial(operator);
    const log = this.#open(operator);
    const watched = this.#streams.watched();
    const leadId = this.#leadId;
    const endSeq = seqFor(placeOf(hold.endSeq), leadId);
    const isNewer = (this.#witness?.highSeq ?? 0) > endSeq;
    const known = new Set<string>();
    for await (const document of lostDocuments(watched, db)) {
      known.add(document._id);
      await recover(log, document, endSeq);
    }
    const planning: Planning = {
      now: operator.clock(),
      draw: () => 0,
      delayScale: 1,
      hours,
      sequence: (id, version) => sequences.sequence(id, version),
    };
    const how = this.#run.choices.one('gap', ['skip', 'hold'] as const);
    const gap = { closed: [], paused: [], unreadable: [] };
    const loaded = await log.load(leadId, { leader: true });
    await closeLead(log, loaded, planning, { how, by: 'olga', knows: (id) => known.has(id) || isNewer }, gap);
    const last = this.#streams.of('LEADS').at(-1);
    const was = this.#record.epoch;
    const at = operator.clockText;
    const { partitions } = this.#run;
    const [confirmedSeq, its] = [last?.seq ?? 0, partitionOf(leadId, partitions)];
    const ends = logStreams(partitions).map((_, index) => (index === its ? confirmedSeq : 0));
    const confirm = { was, epoch: 'second', by: 'olga', at, hold, gap: how, seq: placeJson(ends) };
    for (const [index, { stream }] of logStreams(partitions).entries()) {
      const [highSeq, highId] = [ends[index] ?? 0, index === its ? (last?.headers.get('ce-id') ?? '') : ''];
      const created = createdOf(this.#run);
      await replaceWitness(db, stream, { epoch: 'second', created, highSeq, highId, at: new Date(0) });
    }
    this.#aliveMs = undefined;
    this.#run.trace(operator.name, 'confirms the log');
    if (this.restored) Object.assign(this.restored, { confirmedMs: this.#run.time.nowMs, confirmedSeq });
    this.#changed({ ...this.#record, epoch: 'second', hold: null, confirms: [confirm] });
    this.#on.lost();
    if (how === 'hold') this.#on.paused();
  }
}
