import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { logOf } from '@leadstream/contracts/streams';
import { hasCode } from '@leadstream/eventlog/broker';
import { PARTITIONS } from '@leadstream/testing/partitions';
import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import { command } from '@leadstream/leadctl/testing/command';
import { liveLeads } from '@leadstream/projection/collections';
import { eventually } from '@leadstream/testing/eventually';
import { isLong } from '@leadstream/testing/long';
import { sandboxClient } from '@leadstream/sandbox-esp/client';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { MongoClient } from 'mongodb';
import { ADDED, buildNewer } from './newer-build.ts';
import { SETTINGS, TwoBuilds } from './two-builds.ts';

/**
 * The order of docs/deploy.md: readers of the log first, services that create leads last. Two in a process are half the
 * processes, each of which costs more than a second of CPU.
 */
const DOCUMENTED: readonly string[] = isLong
  ? ['projector', 'inbound', 'scheduler', 'sender', 'triage', 'ingest']
  : ['projector,inbound', 'scheduler,sender', 'triage,ingest'];
const LEADS = 30;
const WRONG_LAST_SEQUENCE = 10_071;

const emailOf = (number: number): string => `lead.${number}@example.com`;
const idOf = (number: number): string => leadId(SETTINGS.LEAD_ID_SECRET, canonicalAddress(emailOf(number)) ?? '');
/**
 * Every other lead gets an event that only the newer build knows; half of those unsubscribe right after their first
 * mail.
 */
const isAssigned = (number: number): boolean => number % 2 === 0;
const unsubscribes = (number: number): boolean => number % 4 === 0;

type Build = 'older' | 'newer';
/** The processes one after the other, each replaced by that of this build. */
const to = (build: Build, order: readonly string[]): readonly (readonly [string, Build])[] =>
  order.map((services) => [services, build]);

describe('a newer build that adds an event type is rolled out under load', () => {
  let newer: Awaited<ReturnType<typeof buildNewer>>;
  let builds: TwoBuilds;
  let nc: NatsConnection;
  let mongo: MongoClient;
  beforeAll(async () => {
    newer = await buildNewer();
  });
  afterAll(() => newer.remove());
  beforeEach(async () => {
    builds = await TwoBuilds.open();
    nc = await connect({ servers: builds.env['NATS_URL'] ?? '', maxReconnectAttempts: -1 });
    mongo = new MongoClient(builds.env['MONGODB_URI'] ?? '');
    await Promise.all(DOCUMENTED.map((services) => builds.start(services, 'older', process.cwd())));
  });
  afterEach(async () => {
    await Promise.all([nc.close(), mongo.close()]);
    await builds.close();
  });

  /** Leadctl of the older build, which is this checkout. */
  const olderLeadctl = (...argv: string[]) => command(argv, builds.env);
  /** Leadctl of the newer build. */
  const newerLeadctl = (...argv: string[]): Promise<{ code: number | null; out: string }> =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        ['apps/leadctl/dist/main.js', ...argv],
        { cwd: newer.folder, env: { ...process.env, ...builds.env } },
        (_error, out) => resolve({ code: child.exitCode, out }),
      );
    });

  /** Sent again until it is accepted, as a caller with an Idempotency-Key does. */
  const post = (number: number): Promise<unknown> =>
    eventually(async () => {
      const body = JSON.stringify({ email: emailOf(number), firstName: 'Jane', leadData: { source: 'whitepaper' } });
      const sent = {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `lead-${number}` },
        body,
      };
      return (await fetch(`${builds.url('ingest')}/v1/leads`, sent)).status === 202;
    });

  /** Appends the new event behind whatever the lead's last one is. */
  const assign = (id: string): Promise<boolean> =>
    eventually(async () => {
      const { stream, subject, filter } = logOf(id, PARTITIONS);
      const last = await (await jetstreamManager(nc)).direct.getMessage(stream, { last_by_subj: filter });
      if (!last) return false;
      const head = headers();
      const attributes = {
        [CE.specversion]: '1.0',
        [CE.id]: randomUUID(),
        [CE.type]: ADDED.type,
        [CE.source]: 'crm',
        [CE.subject]: id,
        [CE.dataVersion]: '1',
        [CE.time]: Temporal.Now.instant().toString(),
        [LEAD_VERSION]: String(Number(last.header.get(LEAD_VERSION)) + 1),
        [LEAD_PREV_SEQ]: String(last.seq),
      };
      for (const [name, value] of Object.entries(attributes)) head.set(name, value);
      const expect = { lastSubjectSequence: last.seq, lastSubjectSequenceSubject: filter };
      return jetstream(nc)
        .publish(subject(ADDED.token), '{"by":"crm","rep":"Sam"}', { headers: head, expect })
        .then(
          () => true,
          (error: unknown) => {
            if (hasCode(error, WRONG_LAST_SEQUENCE)) return false;
            throw error;
          },
        );
    });

  async function live(number: number): Promise<void> {
    await delay(number * 300);
    await post(number);
    if (isAssigned(number)) await assign(idOf(number));
    if (!unsubscribes(number)) return;
    const esp = sandboxClient(builds.sandbox.url);
    const { id } = await esp.waitForMessage(emailOf(number));
    await eventually(async () => (await esp.event({ messageId: id, event: 'unsubscribe' })).status === 200);
  }

  it.each([
    ['in the documented order', to('newer', DOCUMENTED)],
    ...(isLong
      ? ([
          ['in the opposite order', to('newer', DOCUMENTED.toReversed())],
          [
            'forth, back and forth again',
            [
              ...to('newer', DOCUMENTED),
              ...to('older', DOCUMENTED.toReversed()),
              ...to('newer', DOCUMENTED.toReversed()),
            ],
          ],
        ] as const)
      : []),
  ] as const)(
    '%s: no message is quarantined, no lead is lost, mailed twice or mailed after a stop',
    async (_, order) => {
      const runs = Promise.all(Array.from({ length: LEADS }, (__, number) => live(number)));
      const waiting = (build: string) => builds.whoSaid('messages wait for a newer build', build);
      await eventually(async () => (await waiting('older')).length > 0);
      const folders = { older: process.cwd(), newer: newer.folder };
      for (const [services, build] of order) {
        await builds.start(services, build, folders[build]);
        // Both builds share the work for a while.
        await delay(500);
        await builds.stop(`${services} ${build === 'newer' ? 'older' : 'newer'}`);
      }
      expect(await newerLeadctl('version')).toMatchObject({
        code: 0,
        out: expect.stringContaining('one build everywhere'),
      });
      expect(await olderLeadctl('version')).toMatchObject({
        code: 2,
        out: expect.stringMatching(/skew: leadctl is .*, no process is/),
      });
      await runs;
      const documents = await liveLeads(mongo.db())();
      const done = ['completed', 'unsubscribed'];
      await eventually(async () => (await documents.countDocuments({ status: { $in: done } })) === LEADS, {
        timeoutMs: 300_000,
      });

      expect((await (await jetstreamManager(nc)).streams.info('QUARANTINE')).state.messages).toBe(0);
      const mails = Map.groupBy(builds.sandbox.messages(), ({ to }) => to);
      for (let number = 0; number < LEADS; number++) {
        const got = mails.get(emailOf(number))?.length;
        const wanted = unsubscribes(number) ? [1, 2] : [2];
        expect({ number, got, fits: wanted.includes(got ?? 0) }).toEqual({ number, got, fits: true });
      }
      expect(await documents.countDocuments({ tags: 'rep:Sam' })).toBe(LEADS / 2);
      expect(await documents.countDocuments({ status: 'unsubscribed' })).toBe(Math.ceil(LEADS / 4));
      expect(await waiting('newer')).toEqual([]);
      expect(await newerLeadctl('verify', '--json')).toMatchObject({
        code: 0,
        out: expect.stringContaining('"proven": true'),
      });
      expect(await olderLeadctl('verify', '--json')).toMatchObject({
        code: 2,
        err: expect.stringContaining('of a newer build'),
      });
    },
  );
});
