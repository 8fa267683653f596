import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { leadId } from '@leadstream/lead/identity';
import { provisionLeads } from '@leadstream/projection/collections';
import { submission } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { dial, logOf, STREAMS } from './testing/backup.ts';
import { command } from './testing/command.ts';

const LEAD_ID_SECRET = 'a secret of the leads that are erased';

describe('leadctl leads erase', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'leads-erase-'));
  const { uri } = mongoDatabase('leads_erase');
  const client = new MongoClient(uri);
  let nats: Server;
  let broker: Broker;
  beforeAll(async () => {
    nats = await startNats();
    broker = await dial(nats.url);
    await provision(broker, { replicas: 1, streams: [...STREAMS] });
    await provisionLeads(client.db());
  });
  afterAll(async () => {
    await client.close();
    await broker?.close();
    await nats?.stop();
    folder.remove();
  });

  const newLead = async (name: string): Promise<string> => {
    const address = `${name}@example.com`;
    const id = leadId(LEAD_ID_SECRET, address);
    const data = submission({ contact: { email: address, address, firstName: name } });
    await logOf(broker).decide(id, `run-${name}`, () => ({ type: 'lead.triaged', data }));
    return id;
  };
  const types = async (id: string) => (await logOf(broker).history(id)).map(({ type }) => type);
  const erase = async (ids: readonly string[], ...argv: string[]) => {
    const input = ids.map((id) => `${id}\n`).join('');
    const report = join(folder.path, `${crypto.randomUUID()}.ndjson`);
    const all = ['leads', 'erase', '--ids', '-', '--by', 'olga', '--json', '--report', report, ...argv];
    const { code, out, err } = await command(all, { NATS_URL: nats.url, MONGODB_URI: uri, LEAD_ID_SECRET }, input);
    return { code, err, report, json: JSON.parse(out || 'null') as unknown };
  };

  it('erases each person of a list once, and says whose name is in the reason', async () => {
    const [jane, kim, lee] = [await newLead('jane'), await newLead('kim'), await newLead('lee')];
    const stranger = leadId(LEAD_ID_SECRET, 'nobody@example.com');
    const asked = [jane, 'kim@example.com', lee, stranger];
    const outcomes = { leads: 4, changed: 2, unchanged: 1, refused: 1 };
    const reason = ['--reason', 'Lee and others asked us to'];
    expect(await erase(asked, ...reason, '--dry-run')).toMatchObject({ code: 2, json: { dryRun: true, ...outcomes } });
    expect(await types(jane)).toEqual(['lead.triaged']);
    const { report, ...erased } = await erase(asked, ...reason, '--yes');
    expect(erased).toMatchObject({ code: 2, json: { ...outcomes, left: 0 } });
    expect(readFileSync(report, 'utf8')).toContain(`{"leadId":"${lee}","outcome":"refused","code":"named"`);
    expect(await Promise.all([jane, kim].map(types))).toEqual([['lead.erased'], ['lead.erased']]);
    expect(await types(lee)).toEqual(['lead.triaged']);
    expect(await erase([jane, kim], '--yes')).toMatchObject({ code: 0, json: { changed: 0, unchanged: 2 } });
    expect(await types(jane)).toEqual(['lead.erased']);
  });

  it('refuses a lead of which something is left', async () => {
    const max = await newLead('max');
    const says = { email: 'max@example.com', leadData: { source: 'fair' } };
    // The first one is the lead's own cause, which is deleted.
    for (let count = 0; count < 2; count++) await broker.js().publish('lead.created', JSON.stringify(says));
    const refused = {
      outcome: 'refused',
      code: 'left',
      reason: expect.stringContaining('triage has yet to handle it'),
    };
    expect(await erase([max], '--yes')).toMatchObject({ code: 2, json: { refused: 1, reasons: [refused] } });
  });

  it('takes a list alone: a filter would erase whom nobody has looked at', async () => {
    const said = await command(['leads', 'erase', '--status', 'active', '--by', 'olga'], { LEAD_ID_SECRET });
    expect(said).toMatchObject({ code: 1, err: expect.stringContaining("unknown option '--status'") });
  });
});
