import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { initial, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import type { LeadDocument } from '@leadstream/projection/collections';
import { start, type Running } from '@leadstream/service/start';
import { plannedStep, submission, triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { MongoClient } from 'mongodb';
import { scheduler } from './scheduler.module.ts';

const PAST = '2020-01-01T00:00:00Z';
const { contact, zone, dossier, route } = submission();
const known: LeadState = { ...initial, contact, zone, dossier };
const due: LeadState = {
  ...known,
  run: { id: 'run', sequence: route.sequence, version: 1, route },
  phase: { kind: 'planned', step: plannedStep({ at: PAST }) },
};
const moved = (stepIndex: number): LeadState => ({
  ...known,
  phase: { kind: 'enrolling', runId: 'run', route, stepIndex, since: PAST },
});
const undeployed: LeadState = {
  ...known,
  phase: {
    kind: 'enrolling',
    runId: 'run',
    route: { ...route, sequence: 'never-deployed' },
    stepIndex: 0,
    since: PAST,
  },
};

/**
 * A document as the projector would write it, of a lead without events in the log: the first append is its first event.
 */
const document = (_id: string, state: LeadState, nextActionAt = PAST, stateVersion = STATE_VERSION) => ({
  _id,
  state: JSON.stringify(state),
  stateVersion,
  version: 0,
  lastSeq: 0,
  nextActionAt: new Date(nextActionAt),
  updatedAt: new Date(nextActionAt),
});

describe('the hunter', () => {
  let nats: Server;
  let nc: NatsConnection;
  let mongo: MongoClient;
  let service: Running | undefined;
  let lines: Record<string, unknown>[];
  const insert = (documents: object[]) =>
    mongo
      .db()
      .collection<LeadDocument>('leads_1')
      .insertMany(documents as LeadDocument[]);
  const hunt = async (environment: Record<string, string> = {}) => {
    service = await start(
      scheduler,
      { NATS_URL: nats.url, MONGODB_URI: uri, HOST: '127.0.0.1', PORT: '0', HUNT_EVERY_MS: '20', ...environment },
      { logTo: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) } },
    );
    await service.ready;
  };
  /** Ids of the leads that the hunter appended to, in the order of the log. */
  const found = async (): Promise<string[]> => {
    const jsm = await jetstreamManager(nc);
    const { last_seq: last } = (await jsm.streams.info('LEADS')).state;
    const messages = await Promise.all(
      Array.from({ length: last }, (_, index) => jsm.streams.getMessage('LEADS', { seq: index + 1 })),
    );
    return messages.map((message) => message?.subject.split('.')[1] ?? '');
  };
  const stuck = () =>
    lines
      .filter(({ msg }) => msg === 'leads are stuck')
      .map(({ reason, detail, leads, leadIds }) => ({ reason, detail, leads, leadIds }));
  let uri: string;

  beforeEach(async () => {
    nats = await startNats();
    nc = await connect({ servers: nats.url });
    ({ uri } = mongoDatabase('hunter'));
    mongo = await new MongoClient(uri).connect();
    lines = [];
  });
  afterEach(async () => {
    await service?.stop();
    await mongo.close();
    await nc.close();
    await nats.stop();
  });

  it('counts the lag of a planned step apart from that of its repeated step-due events', async () => {
    const again: LeadState = {
      ...due,
      phase: { kind: 'due', step: plannedStep({ at: PAST }), since: PAST, asked: 1 },
    };
    await insert([document('due-again', again), document('planned', due)]);
    await hunt();
    await eventually(async () => (await found()).length === 2);
    const metrics = await (await fetch(`${service?.url}/metrics`)).text();
    for (const kind of ['step', 'again'])
      expect(metrics).toContain(`leadstream_scheduler_lag_seconds_count{kind="${kind}",app="scheduler"} 1`);
  });

  it('counts the lag from the end of an absence, not from the plan that it moved', async () => {
    const back = new Date().toISOString();
    await insert([document('back', { ...due, awayUntil: back }, back)]);
    await hunt();
    await eventually(async () => (await found()).length === 1);
    expect(await (await fetch(`${service?.url}/metrics`)).text()).toContain(
      'leadstream_scheduler_lag_seconds_bucket{le="3600",kind="step",app="scheduler"} 1',
    );
  });

  it('logs each event with the trace of its lead', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await insert([document('traced', { ...due, trace })]);
    await hunt();
    await eventually(() => lines.some(({ msg }) => msg === 'lead transition'));
    expect(lines.find(({ msg }) => msg === 'lead transition')).toMatchObject({
      leadId: 'traced',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
    });
  });

  // No projector runs: no round could find the leads.
  it.each([
    ['now', 'sales-demo', {}],
    ['the next moment', 'content-nurture', { DELAY_SCALE: '0.00001' }],
  ])('takes a step that was planned for %s when its time comes, and waits for no round', async (_, sequence, scale) => {
    await hunt({ HUNT_EVERY_MS: '60000', ...scale });
    const broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
    const leads = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    let offered = 0;
    // The first leads may come before the sequences are deployed.
    await eventually(async () => {
      const id = `lead-${offered++}`;
      await leads.decide(id, id, () => triaged({ route: { ...route, sequence } }));
      const jsm = await jetstreamManager(nc);
      const { state } = await jsm.streams.info('LEADS', { subjects_filter: 'leads.*.step-due' });
      return Object.keys(state.subjects ?? {}).length > 0;
    });
    await broker.close();
  });

  it('starts the check-in of a silent lead, and none that the state denies', async () => {
    const silent: LeadState = { ...known, phase: { kind: 'completed' }, lastActivityAt: PAST };
    const lapsed = (id: string, state: LeadState) => ({
      ...document(id, state),
      nextActionAt: null,
      idleAt: new Date(PAST),
    });
    await insert([
      lapsed('stopped', { ...silent, stop: { why: 'unsubscribed', at: PAST, seq: 1 } }),
      lapsed('active', { ...silent, lastActivityAt: new Date().toISOString() }),
      lapsed('silent', silent),
    ]);
    await hunt();
    await eventually(async () => (await found()).length > 0);
    // The scheduler may have enrolled it already.
    expect([...new Set(await found())]).toEqual(['silent']);
  });

  it('finds a lead behind any number of older ones that are stuck', async () => {
    await insert(Array.from({ length: 3_000 }, (_, index) => document(`stays-${index}`, undeployed)));
    await insert([document('waits', due, '2021-01-01T00:00:00Z')]);
    await hunt();
    await eventually(async () => (await found()).includes('waits'));
    expect(await found()).toEqual(['waits']);
  });

  it('reports the leads that conflict round after round, with the reason', async () => {
    await insert(['behind', 'newer', 'moves'].map((leadId) => document(leadId, due)));
    await hunt({ HUNT_STAYING_MS: '500' });
    await eventually(async () => (await found()).length === 3);
    // The log has an event of each that its document lacks; one of them cannot be read by this build.
    await insert([document('unread', due, new Date().toISOString())]);
    await jetstream(nc).publish('leads.unread.of-a-newer-build', '{}');
    await eventually(() => stuck().length >= 2);
    const said = lines
      .filter(({ msg }) => msg === 'leads are stuck')
      .map(({ reason, detail, leads, leadIds, conflicts }) => ({ reason, detail, leads, leadIds, conflicts }));
    expect(said).toEqual(
      expect.arrayContaining([
        {
          reason: 'document-behind-log',
          leads: 3,
          leadIds: expect.arrayContaining(['behind', 'newer', 'moves']),
          conflicts: expect.any(Number),
        },
        {
          reason: 'log-unreadable',
          detail: 'ContractError',
          leads: 1,
          leadIds: ['unread'],
          conflicts: expect.any(Number),
        },
      ]),
    );
    expect(await (await fetch(`${service?.url}/metrics`)).text()).toContain(
      'leadstream_conflicting_leads{app="scheduler"} 4',
    );
  });

  it('finds at once what was planned for an earlier time, as after an outage, beside stuck leads', async () => {
    await insert([document('stays', undeployed)]);
    await hunt({ HUNT_STAYING_MS: '600000' });
    await eventually(() => stuck().length === 1);
    await insert([document('planned-late', due)]);
    await eventually(async () => (await found()).includes('planned-late'));
  });

  it('reports stuck leads by reason and number, once and not every round', async () => {
    await insert([
      document('moved-too-far', moved(9)),
      document('a', undeployed),
      document('b', undeployed),
      document('old', due, PAST, STATE_VERSION - 1),
    ]);
    await hunt();
    await eventually(() => stuck().length === 3);
    expect(stuck()).toEqual(
      expect.arrayContaining([
        { reason: 'not-deployed', detail: 'content-nurture step 9', leads: 1, leadIds: ['moved-too-far'] },
        {
          reason: 'not-deployed',
          detail: 'never-deployed step 0',
          leads: 2,
          leadIds: expect.arrayContaining(['a', 'b']),
        },
        {
          reason: 'other-state-version',
          detail: `${STATE_VERSION - 1}, not ${STATE_VERSION}`,
          leads: 1,
          leadIds: ['old'],
        },
      ]),
    );
    expect(await (await fetch(`${service?.url}/metrics`)).text()).toContain(
      'leadstream_stuck_leads{app="scheduler"} 4',
    );
    // Rounds later: a lead that comes due is found, and the stuck leads are not reported again.
    await insert([document('new', due, new Date().toISOString())]);
    await eventually(async () => (await found()).includes('new'));
    expect(stuck()).toHaveLength(3);
  });
});
