import { describe, expect, it } from '@jest/globals';
import * as past from '@leadstream/testing/builders';
import { fold, recorded } from '@leadstream/testing/given';
import { pino } from 'pino';
import { Metrics } from './metrics.ts';
import { Transitions } from './transitions.ts';

/** The counters after a service has appended the last of these events. */
async function countedAfter(...events: Parameters<typeof recorded>[0]): Promise<string> {
  const all = recorded(events);
  const event = all.at(-1);
  if (!event) throw new TypeError('no event');
  const { leadId, version, seq: lastSeq } = event;
  const loaded = (until: number) => ({ leadId, version, lastSeq, state: fold(all.slice(0, until)) });
  const metrics = new Metrics('inbound');
  new Transitions(pino({ level: 'silent' }), metrics).log({ event, before: loaded(-1), after: loaded(all.length) });
  return metrics.exposition();
}

describe('an event of a mail', () => {
  const mailed = [past.triaged(), past.enrolled(), past.stepDue(), past.claimed('send-1')];
  const first = 'leadstream_mail_events_total{sequence="content-nurture",step="first",event=';

  it('counts for its sequence and step', async () => {
    expect(await countedAfter(...mailed, past.sent('send-1'))).toContain(`${first}"sent",app="inbound"} 1`);
  });

  it('counts when it is an answer, which begins the run that tells the rep', async () => {
    const reply = past.replied('human', { sendId: 'send-1', tellRep: true });
    const text = await countedAfter(...mailed, past.sent('send-1'), past.delivered('send-1'), reply);
    expect(text).toContain(`${first}"replied",app="inbound"} 1`);
  });

  it('does not count without its mail', async () => {
    expect(await countedAfter(...mailed, past.sent('send-1'), past.replied('human'))).not.toContain(
      `${first}"replied"`,
    );
  });
});
