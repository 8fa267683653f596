import { expect, it } from '@jest/globals';
import { durableConsumer } from '@leadstream/eventlog/consumer';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { claimed, enrolled, nextPlanned, paused, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { LEAD_ID } from '@leadstream/testing/given';
import { startTelemetry } from '@leadstream/service/telemetry';
import { startNats } from '@leadstream/testing/servers';
import { dial } from './testing/backup.ts';
import { command } from './testing/command.ts';

it('explains a paused lead’s next mail and the mail that went out, and shows the lead as it was', async () => {
  await startTelemetry('test', {});
  const nats = await startNats();
  try {
    const broker = await dial(nats.url);
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const leads = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    const second = nextPlanned({ index: 1, id: 'second' });
    for (const [index, draft] of [triaged(), enrolled(), stepDue(), claimed(), sent(), second, paused].entries())
      await leads.decide(LEAD_ID, index === 0 ? 'run-1' : `event-${index}`, () => draft);
    await broker.close();
    const lead = (...argv: string[]) =>
      command(['lead', ...argv], { NATS_URL: nats.url, TRACE_URL: 'https://jaeger.example/trace/{trace_id}' });
    expect((await lead('explain', LEAD_ID)).out).toMatch(/^paused +BLOCKS: .*\(lead\.paused, LEADS 7: .*can change: /m);
    expect(JSON.parse((await lead('explain', LEAD_ID, '--json')).out)).toMatchObject({
      status: 'paused',
      verdict: 'paused',
      earliest: null,
    });
    expect((await lead('explain', LEAD_ID, '--step', 'first')).out).toMatch(
      /^"first" of content-nurture v1, claimed at /,
    );
    expect(JSON.parse((await lead('explain', LEAD_ID, '--send', 'send-1', '--json')).out)).toMatchObject({
      step: 'first',
      because: [{ type: 'lead.triaged' }, { type: 'lead.enrolled' }, {}, {}, { type: 'lead.sent' }],
    });
    expect(await lead('explain', LEAD_ID, '--step', 'third')).toMatchObject({ code: 1, out: '' });
    expect((await lead('show', LEAD_ID)).out).toMatch(/^ {2}done +"first", .*\n {2}next +"second", /m);
    expect((await lead('show', LEAD_ID)).out).toMatch(/^trace {4}https:\/\/jaeger\.example\/trace\/[0-9a-f]{32}$/m);
    const later = Temporal.Now.instant().add({ hours: 1 }).toString();
    expect((await lead('at', LEAD_ID, later)).out).toMatch(/^status +paused$/m);
    expect((await lead('at', LEAD_ID, '2020-01-01T00:00Z', '--diff', later)).out).toMatch(
      /^status +no lead → paused$[^]* paused +by olga$/m,
    );
  } finally {
    await nats.stop();
  }
});

it.each([
  ['the sender of texts', 'sms'],
  ['that of mails, where none is of texts,', 'sender'],
])('knows that a text waits for a gateway, once %s is done with it', async (_, durable) => {
  const nats = await startNats();
  const broker = await dial(nats.url);
  try {
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const leads = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    const sms = { channel: 'sms' } as const;
    for (const [index, draft] of [triaged(), enrolled(sms), stepDue(sms)].entries())
      await leads.decide(LEAD_ID, index === 0 ? 'run-1' : `event-${index}`, () => draft);
    const account = async () =>
      /^account +(.*)$/m.exec((await command(['lead', 'explain', LEAD_ID], { NATS_URL: nats.url })).out)?.[1];
    expect(await account()).toBe('open');
    const sender = await durableConsumer(broker, { stream: 'LEADS', durable });
    expect(await account()).toBe('open');
    for (let event = 0; event < 3; event++) await (await sender.next())?.ackAck();
    expect(await account()).toBe('no provider of the channel sms is configured');
  } finally {
    await broker.close();
    await nats.stop();
  }
});
