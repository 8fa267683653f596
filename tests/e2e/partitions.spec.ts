import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { headers } from '@nats-io/transport-node';
import { logOf, logStreams } from '@leadstream/contracts/streams';
import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

const LOG = logStreams(4).map(({ stream }) => stream);
/** Two days are 69 s, as in stop.spec.ts. */
const SLOW = { DELAY_SCALE: '0.0004' };

describe('in a log of 4 partitions', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ partitions: LOG.length, env: SLOW });
  });
  afterAll(() => stack.stop());

  const streamOf = (email: string): string => logOf(stack.idOf(email), LOG.length).stream;
  /** A lead of each partition. */
  const leads = (name: string): string[] =>
    LOG.map((stream) => {
      for (;;) {
        const email = freshEmail(name);
        if (streamOf(email) === stream) return email;
      }
    });
  /** A lead of each partition that has its first mail, and waits for the second. */
  const written = (name: string) =>
    Promise.all(
      leads(name).map(async (email) => {
        await stack.post(lead(email, 'whitepaper'));
        await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
        return { email, mail: await eventually(() => mailsTo(stack.sandbox, email)[0]) };
      }),
    );
  type Written = Awaited<ReturnType<typeof written>>[number];

  const reply = ({ mail }: Written) => stack.client.reply({ messageId: mail.id, text: 'Can we talk next week?' });
  const optOut = ({ email, mail }: Written) => {
    const [, to] = /<mailto:(.+)\?subject=unsubscribe>/.exec(mail.headers['List-Unsubscribe'] ?? '') ?? [];
    return stack.client.mail({ from: email, to: to ?? '', subject: 'unsubscribe', text: '' });
  };
  const bounce = ({ mail }: Written) =>
    stack.client.event({ messageId: mail.id, event: 'bounce', type: 'bounce', reason: '550 no', status: '5.1.1' });
  const complaint = ({ mail }: Written) => stack.client.event({ messageId: mail.id, event: 'spamreport' });

  it.each([
    ['a reply', 'responded', 'replied', reply],
    ['an unsubscribe by mail', 'unsubscribed', 'replied', optOut],
    ['a bounce', 'bounced', 'bounced', bounce],
    ['a complaint', 'complained', 'complained', complaint],
  ])('%s stops a lead of each', async (_, status, type, act) => {
    const leadsOfEach = await written(status);
    await Promise.all(leadsOfEach.map(act));
    for (const { email } of leadsOfEach) {
      await stack.lead(email, (shown) => shown['status'] === status && shown['nextActionAt'] === null);
      expect((await stack.types(email)).filter((one) => one === type)).toHaveLength(1);
      expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    }
  });

  it('an operator pauses, resumes and erases a lead of each', async () => {
    for (const { email } of await written('operated')) {
      const id = stack.idOf(email);
      await stack.leadctl('lead', 'pause', email, '--by', 'olga');
      await stack.lead(email, ({ status }) => status === 'paused');
      await stack.leadctl('lead', 'resume', email, '--by', 'olga');
      await stack.lead(email, ({ status }) => status === 'active');
      await stack.leadctl('lead', 'erase', email, '--by', 'olga');
      expect((await stack.log.history(id)).at(-1)?.type).toBe('lead.erased');
    }
  });

  it('the log is proven, and every stream of it has events', async () => {
    for (const stream of LOG) expect((await stack.jsm.streams.info(stream)).state.messages).toBeGreaterThan(10);
    await expect(stack.jsm.streams.info('LEADS')).rejects.toThrow('stream not found');
    const proven = () => stack.leadctl('verify').catch(() => false);
    await eventually(proven);
  });

  it('a message that no consumer can read is quarantined with its own stream', async () => {
    for (const [at, email] of leads('unreadable').entries()) {
      const head = headers();
      head.set('ce-type', 'lead.triaged');
      await stack.jsm.jetstream().publish(`leads-${at}.${stack.idOf(email)}.triaged`, 'no event', { headers: head });
    }
    const origins = () =>
      stack
        .leadctl('quarantine', 'list', '--json')
        .then((text) => LOG.filter((stream) => text.includes(`"${stream}"`)));
    await eventually(async () => (await origins()).length === LOG.length);
  });
});
