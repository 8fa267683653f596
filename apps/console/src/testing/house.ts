import type { Draft, Recorded } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { Keyring } from '@leadstream/eventlog/keyring';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { submission } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';

export const DATA_KEYS = 'data-keys-of-the-console-long-enough';

/** NATS and MongoDB with the deployed sequences and a log of leads, whose personal data is sealed. */
export class House {
  readonly nats: Server;
  readonly env: Record<string, string>;
  readonly broker: Broker;
  readonly log: EventLog<LeadState>;

  private constructor(nats: Server) {
    this.nats = nats;
    this.env = { NATS_URL: nats.url, MONGODB_URI: mongoDatabase('console').uri, DATA_KEYS };
    this.broker = Broker.open({ servers: nats.url, name: 'house' }, silentLog);
    this.log = new EventLog<LeadState>(this.broker, leadFold, {
      source: 'test',
      now: () => Temporal.Now.instant(),
      keys: new Keyring(this.broker, [DATA_KEYS]),
    });
  }

  static async open(): Promise<House> {
    const house = new House(await startNats());
    await house.broker.ready();
    await provision(house.broker, { replicas: 1, streams: ['LEADS', 'KV_keys'] });
    const store = await new SequenceStore(house.broker, 1).read();
    await store.deployFolder(await readFolder('sequences'), { by: 'ana' });
    return house;
  }

  /** A lead with these events after its first one. */
  async newLead(...drafts: readonly Draft[]): Promise<string> {
    const leadId = crypto.randomUUID();
    const address = `${leadId}@example.com`;
    const data = submission({ contact: { email: address, address, firstName: 'Jane', lastName: 'Doerr' } });
    const runId = `${leadId}/run`;
    await this.log.decide(leadId, runId, () => ({ type: 'lead.triaged', data }));
    for (const [index, { type, data: told }] of drafts.entries()) {
      const draft = { type, data: 'runId' in told ? { ...told, runId } : told } as Draft;
      await this.log.decide(leadId, `${leadId}/${index}`, () => draft);
    }
    return leadId;
  }

  history(leadId: string): Promise<Recorded[]> {
    return this.log.history(leadId);
  }

  async types(leadId: string): Promise<string[]> {
    return (await this.history(leadId)).map(({ type }) => type.replace('lead.', ''));
  }

  async close(): Promise<void> {
    await this.broker.close();
    await this.nats.stop();
  }
}
