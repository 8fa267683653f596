import { expect, it } from '@jest/globals';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { claimed, enrolled, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { LEAD_ID } from '@leadstream/testing/given';
import { startNats } from '@leadstream/testing/servers';
import { dial } from './testing/backup.ts';
import { command } from './testing/command.ts';

it('prints the results of a sequence from the log, without a read model', async () => {
  const nats = await startNats();
  try {
    const broker = await dial(nats.url);
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const leads = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    for (const [index, draft] of [triaged(), enrolled(), stepDue(), claimed(), sent()].entries())
      await leads.decide(LEAD_ID, `event-${index}`, () => draft);
    await broker.close();
    const results = (...argv: string[]) => command(['sequences', 'results', ...argv], { NATS_URL: nats.url });
    expect((await results('content-nurture')).out.replaceAll(/ +/g, ' ')).toBe(
      'version step variant sent delivered clicked replied unsubscribed\n' +
        'v1 first first 1 0 (0.0 %) 0 (0.0 %) 0 (0.0 %) 0 (0.0 %)\n',
    );
    expect(JSON.parse((await results('sales-demo', '--json')).out)).toEqual([]);
  } finally {
    await nats.stop();
  }
});
