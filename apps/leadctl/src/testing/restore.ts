import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import { provisionLeads } from '@leadstream/projection/collections';
import { Projection } from '@leadstream/projection/projection';
import { beginWitness } from '@leadstream/projection/witness';
import { lastEvents } from '@leadstream/service/guard-facts';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { claimed, plannedStep, sent, stepDue, submission, unsubscribed } from '@leadstream/testing/builders';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { MongoClient, type Db } from 'mongodb';
import { deleteStreams, dial, put, STREAMS } from './backup.ts';
import { makeBackup } from '../backup.ts';
import { loadBackup } from '../restore-load.ts';

export const LEAD_ID_SECRET = 'a-secret-of-the-restore-tests-0123456789';
/**
 * `mailed` gets its mail after the backup, `stopped` is stopped then, `new` is created then; `quiet` and `later` do
 * nothing.
 */
export const NAMES = ['mailed', 'stopped', 'quiet', 'later', 'new'] as const;
export type Name = (typeof NAMES)[number];
export const emailOf = (name: string): string => `${name}@example.com`;
export const idOf = (name: string): string => leadId(LEAD_ID_SECRET, emailOf(name));

/** A NATS and a MongoDB after a disaster: the documents have events from after the backup in `folder`. */
export class RestoreWorld {
  readonly nats: Server;
  readonly broker: Broker;
  readonly mongo: MongoClient;
  readonly uri: string;
  readonly folder: string;
  /** Two seconds ago, so that each step is due. */
  readonly due = Temporal.Now.instant().subtract({ seconds: 2 }).toString();

  private constructor(nats: Server, broker: Broker, mongo: MongoClient, uri: string, folder: string) {
    [this.nats, this.broker, this.mongo, this.uri, this.folder] = [nats, broker, mongo, uri, folder];
  }

  static async start(): Promise<RestoreWorld> {
    const [nats, folder] = await Promise.all([startNats(), mkdtemp(join(tmpdir(), 'leadstream-restore-'))]);
    const { uri } = mongoDatabase('restore');
    const world = new RestoreWorld(nats, await dial(nats.url), await new MongoClient(uri).connect(), uri, folder);
    await world.#live();
    return world;
  }

  get db(): Db {
    return this.mongo.db();
  }

  get records(): GuardRecords {
    return new GuardRecords(this.broker, 1);
  }

  get stores() {
    return { broker: this.broker, db: this.db, replicas: 1, records: this.records };
  }

  get environment(): Record<string, string> {
    return { NATS_URL: this.nats.url, MONGODB_URI: this.uri, LEAD_ID_SECRET };
  }

  log(broker = this.broker) {
    return new EventLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
  }

  async append(name: Name, draft: Draft, id: string = randomUUID()): Promise<Recorded> {
    const outcome = await this.log().decide(idOf(name), id, () => draft);
    if ('nothing' in outcome) throw new Error(outcome.nothing);
    return outcome.event;
  }

  async types(name: Name): Promise<string[]> {
    return (await this.log().history(idOf(name))).map(({ type }) => type.slice('lead.'.length));
  }

  /** Restores and holds the older log; MongoDB is as at the disaster. `load`: false leaves NATS empty. */
  async disaster({ load = true } = {}): Promise<void> {
    await deleteStreams(this.broker);
    for (const [name, all] of this.#documents) {
      await this.db.collection(name).deleteMany({});
      await this.db.collection<{ _id: string }>(name).insertMany(all);
    }
    if (load) await loadBackup(this.broker, this.folder, { existing: 'refuse', withKeys: true });
  }

  /** Empties both stores; the log is recreated by a service that has not recorded its epoch yet. */
  async nothing(): Promise<void> {
    await this.disaster({ load: false });
    await this.db.dropDatabase();
    await provision(this.broker, { replicas: 1, streams: [...STREAMS] });
    await (await this.broker.jsm()).streams.delete('KV_guard');
  }

  readonly #documents = new Map<string, { _id: string }[]>();

  async #live(): Promise<void> {
    await provision(this.broker, { replicas: 1, streams: [...STREAMS] });
    await new SequenceStore(this.broker, 1).deployFolder(await readFolder('sequences'));
    for (const name of ['mailed', 'stopped', 'quiet', 'later'] as const) await this.#come(name);
    await put(this.broker, 'keys', ['00000000-0000-8000-8000-000000000001']);
    const created = (await (await this.broker.jsm()).streams.info('LEADS')).created;
    await this.records.draw(created);
    await makeBackup(this.broker, this.folder, { withKeys: true });
    for (const draft of [stepDue(), claimed(), sent()]) await this.append('mailed', inRun('mailed', draft));
    await this.append('stopped', unsubscribed);
    await this.#come('new');
    await provisionLeads(this.db);
    const events = (await Promise.all(NAMES.map((name) => this.log().history(idOf(name))))).flat();
    await new Projection(this.db, leadFold, () => ({})).apply(events, (id, after) => this.log().history(id, after));
    const [last] = await lastEvents(this.broker);
    const { epoch = '' } = (await this.records.read()) ?? {};
    await beginWitness(
      this.db,
      'LEADS',
      { epoch, created, highSeq: last?.seq ?? 0, highId: last?.id ?? '', at: new Date() },
      null,
    );
    for (const name of ['guard', 'leads_1'])
      this.#documents.set(name, await this.db.collection<{ _id: string }>(name).find().toArray());
  }

  async #come(name: Name): Promise<void> {
    const contact = { email: emailOf(name), address: emailOf(name), firstName: 'Jane' };
    await this.append(name, { type: 'lead.triaged', data: submission({ contact }) }, `run-${name}`);
    const at = name === 'later' ? Temporal.Now.instant().add({ hours: 20 }).toString() : this.due;
    const { window: _, ...step } = plannedStep({ at });
    const data = { runId: `run-${name}`, sequence: 'content-nurture', version: 1, planned: step };
    await this.append(name, { type: 'lead.enrolled', data });
  }

  async stop(): Promise<void> {
    await this.broker.close();
    await this.mongo.close();
    await this.nats.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const inRun = (name: Name, draft: Draft): Draft =>
  ({ ...draft, data: { ...draft.data, ...('runId' in draft.data ? { runId: `run-${name}` } : {}) } }) as Draft;
