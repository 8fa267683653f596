import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { enrolled, triaged } from '@leadstream/testing/builders';
import { LEAD_ID } from '@leadstream/testing/given';
import { startNats } from '@leadstream/testing/servers';
import { dial } from './testing/backup.ts';
import { command } from './testing/command.ts';

describe('leadctl lead', () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  let broker: Broker;
  let leads: EventLog<LeadState>;

  beforeAll(async () => {
    nats = await startNats();
    broker = await dial(nats.url);
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    leads = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    await (await new SequenceStore(broker, 1).read()).deployFolder(await readFolder('sequences'), { by: 'ana' });
    await leads.decide(LEAD_ID, 'run-1', () => triaged());
    await leads.decide(LEAD_ID, 'event-1', () => enrolled());
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
  });

  const lead = (verb: string, ...argv: string[]) =>
    command(['lead', verb, LEAD_ID, ...argv, '--by', 'ana'], { NATS_URL: nats.url });
  const last = async () => (await leads.history(LEAD_ID)).at(-1);

  it('records each command once, with its author', async () => {
    for (const [argv, type, data] of [
      [['pause', '--reason', 'on the phone'], 'lead.paused', { reason: 'on the phone' }],
      [['tag', 'customer'], 'lead.tagged', { add: ['customer'], remove: [] }],
      [['untag', 'customer'], 'lead.tagged', { add: [], remove: ['customer'] }],
      [['assign', 'ben'], 'lead.assigned', { rep: 'ben' }],
      [['note', 'prefers to be called'], 'lead.noted', { text: 'prefers to be called' }],
      [['resume'], 'lead.resumed', { althoughAway: false }],
      [['stop', '--reason', 'said so'], 'lead.unsubscribed', { via: 'operator', reason: 'said so' }],
      [['restart'], 'lead.restarted', { route: expect.objectContaining({ sequence: 'content-nurture' }) }],
      [['move', 'content-nurture', 'second'], 'lead.moved', { step: 1 }],
      [['enrol', 'sales-demo'], 'lead.moved', { step: 0, route: expect.objectContaining({ sequence: 'sales-demo' }) }],
    ] as const) {
      const [verb, ...rest] = argv;
      expect(await lead(verb, ...rest, '--key', `key of ${argv.join(' ')}`)).toMatchObject({ code: 0, err: '' });
      expect(await last()).toMatchObject({ type, data: { by: 'ana', ...data } });
    }
    const { version } = await leads.load(LEAD_ID);
    expect(await lead('untag', 'customer', '--key', 'key of untag customer')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^done already: /),
    });
    expect((await leads.load(LEAD_ID)).version).toBe(version);
  });

  it('refuses what does not apply, with what makes it possible', async () => {
    const { version } = await leads.load(LEAD_ID);
    for (const [argv, err] of [
      [['resume'], 'not paused'],
      [['untag', 'customer'], 'nothing would change'],
      [['tag', 'STOP_SEQUENCE'], 'stop sets the tag, and restart removes it'],
      [['move', 'content-nurture', '9'], 'content-nurture v1 has no step 9; it has first, second'],
      [['move', 'nothing', 'first'], 'sequence nothing is not deployed'],
      [['enrol', 'nothing'], 'sequence nothing is not deployed'],
      [['tag', 'two words'], 'no space among them'],
      [['tag', 'STOP_SEQUENCE\u200b'], 'visible characters'],
      [['tag', 'half\ud800'], 'visible characters'],
      [['assign', 'ben\nbcc'], 'the id of a rep must be kebab-case'],
      [['pause', '--expect-version', '0x2'], '--expect-version: must be a whole number above 0'],
      [['note', ' '], 'a note has 1 to'],
    ] as const) {
      const [verb, ...rest] = argv;
      expect(await lead(verb, ...rest)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(err) });
    }
    for (const by of ['', ' ', 'ana\nben', '\u202eana', 'x'.repeat(201)])
      expect(await command(['lead', 'pause', LEAD_ID, '--by', by], { NATS_URL: nats.url })).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('must be one line of 1 to 200 visible characters'),
      });
    expect((await leads.load(LEAD_ID)).version).toBe(version);
  });
});
