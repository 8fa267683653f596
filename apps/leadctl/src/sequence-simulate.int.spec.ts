import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { provisionAlias } from '@leadstream/projection/alias';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import type { Report } from './simulate/report.ts';
import { command } from './testing/command.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

describe('leads like last month', () => {
  const { uri } = mongoDatabase('simulate');
  const mongo = new MongoClient(uri);
  beforeAll(async () => {
    await mongo.connect();
  });
  afterAll(() => mongo.close());

  it('arrive by the hour of the week, the source and the zone of the record, and are nobody of it', async () => {
    const leads = mongo.db().collection(await provisionAlias(mongo.db()));
    // The middle of an hour: the test may run over the end of one.
    const endMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const hourMs = endMs - 3 * 24 * HOUR_MS;
    const record = (count: number, atMs: number, source: string, timeZone: string | null) =>
      Array.from({ length: count }, (_, n) => ({
        email: `person-${n}@secret.example`,
        firstName: 'Secret',
        createdAt: new Date(atMs + n * 60_000),
        source,
        timeZone,
      }));
    await leads.insertMany([
      ...record(10, hourMs, 'demo_request', 'Asia/Tokyo'),
      ...record(4, hourMs - 2 * WEEK_MS, 'demo_request', null),
      ...record(3, hourMs - 5 * WEEK_MS, 'demo_request', 'Europe/Berlin'),
      ...record(2, hourMs, 'whitepaper', 'Asia/Tokyo'),
    ]);
    const from = Temporal.Instant.fromEpochMilliseconds(endMs + 100 * WEEK_MS).toString();
    const argv = ['sequences', 'simulate', 'sequences', '--like-last-month', '--from', from, '--days', '56', '--json'];
    const { code, out } = await command([...argv, '--show', '50', '--reply-rate', '0'], { MONGODB_URI: uri });
    expect(code).toBe(0);
    const report = JSON.parse(out) as Report;
    expect(report.leads).toMatchObject({ arrived: 32, refused: 0 });
    const notices = report.hours.filter(({ toReps }) => toReps > 0).map(({ at, toReps }) => [Date.parse(at), toReps]);
    const first = hourMs + 104 * WEEK_MS;
    // Four weeks of the record, and again.
    expect(notices).toEqual([
      [first - 2 * WEEK_MS, 4],
      [first, 10],
      [first + 2 * WEEK_MS, 4],
      [first + 4 * WEEK_MS, 10],
    ]);
    expect(report.examples.filter(({ zone }) => zone === 'Asia/Tokyo')).toHaveLength(24);
    expect(out.toLowerCase()).not.toContain('secret');
  });
});
