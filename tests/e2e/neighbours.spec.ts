import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CE } from '@leadstream/contracts/envelope';
import { FEEDBACK_EVENTS } from '@leadstream/contracts/feedback';
import { initial, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { MongoClient, type Collection } from 'mongodb';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

/** A defective lead does not affect another lead. */
describe('beside leads that can’t go on', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack.stop());

  it('a webhook batch stops the others, whatever is wrong with the lead of its first event', async () => {
    const [broken, well] = [freshEmail('broken'), freshEmail('well')];
    for (const email of [broken, well]) {
      await stack.post(lead(email, 'whitepaper'));
      await stack.lead(email, ({ status }) => status === 'completed');
    }
    const [, second] = await stack.history(broken);
    const { stream } = stack.logOf(broken);
    await stack.jsm.streams.deleteMessage(stream, second?.seq ?? 0);
    // Without the document the whole chain is read, and it has a hole.
    await leadsOf(stack, async (leads) => {
      await leads.deleteOne({ _id: stack.idOf(broken) });
    });
    const head = headers();
    for (const [name, value] of Object.entries({
      [CE.id]: '1',
      [CE.type]: FEEDBACK_EVENTS,
      [CE.source]: 'test',
      [CE.time]: new Date().toISOString(),
    }))
      head.set(name, value);
    const complaint = (email: string) => ({
      email,
      event: 'spamreport',
      timestamp: 1_700_000_000,
      sg_message_id: email,
    });
    await jetstream(stack.nc).publish(
      FEEDBACK_EVENTS,
      JSON.stringify({ body: JSON.stringify([complaint(broken), complaint(well)]) }),
      { headers: head },
    );
    await stack.lead(well, ({ status }) => status === 'complained');
  });

  it('the hunter finds a due lead behind 600 older ones that can’t proceed', async () => {
    const since = '2020-01-01T00:00:00Z';
    const waiting: LeadState = {
      ...initial,
      contact: { email: 'x@example.com', address: 'x@example.com' },
      phase: {
        kind: 'enrolling',
        runId: 'run',
        route: { sequence: 'never-deployed', tag: 'x', rank: 1 },
        stepIndex: 0,
        since,
      },
    };
    await leadsOf(stack, async (leads) => {
      await leads.insertMany(
        Array.from({ length: 600 }, () => ({
          _id: crypto.randomUUID(),
          state: JSON.stringify(waiting),
          stateVersion: STATE_VERSION,
          version: 1,
          lastSeq: 1,
          nextActionAt: new Date(since),
          updatedAt: new Date(since),
        })),
      );
    });
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ status }) => status === 'completed');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
  });
});

interface Named {
  _id: string;
  [field: string]: unknown;
}

/** The live collection of the read model, to be meddled with. */
async function leadsOf(stack: Stack, work: (leads: Collection<Named>) => Promise<void>): Promise<void> {
  const mongo = new MongoClient(stack.settings['MONGODB_URI'] ?? '');
  try {
    await work(mongo.db().collection<Named>('leads_1'));
  } finally {
    await mongo.close();
  }
}
