import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { CANARY_TAG } from '@leadstream/lead/canary';
import { parseFolder } from '@leadstream/sequences/folder';
import { twentyLeads } from '@leadstream/sequences/testing/twenty-leads';
import { readFolder } from '@leadstream/service/sequence-store';
import { lockFile } from './file-lock.ts';
import { command } from './testing/command.ts';
import type { Report } from './what-if/report.ts';

/** The same lead as one of the canary's. */
const ofCanary = (events: readonly Recorded[]): Recorded[] =>
  events.map((event): Recorded => {
    const elsewhere = { ...event, leadId: 'canary', seq: event.seq + 1_000_000 };
    return elsewhere.type === 'lead.triaged'
      ? { ...elsewhere, data: { ...elsewhere.data, tags: [CANARY_TAG] } }
      : elsewhere;
  });

let dir: string;
let file: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leadstream-what-if-'));
  file = join(dir, 'events.ndjson');
  const leads = twentyLeads(parseFolder(await readFolder('sequences')));
  const events = [...leads, ofCanary(leads[0] ?? [])].flat();
  await writeFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await cp('sequences', join(dir, 'changed'), { recursive: true });
  const nurture = join(dir, 'changed/content-nurture/sequence.yaml');
  await writeFile(nurture, (await readFile(nurture, 'utf8')).replace('wait: { fixed: P2D }', 'wait: { fixed: P1D }'));
});
afterAll(() => rm(dir, { recursive: true }));

const whatIf = (...argv: string[]) =>
  command(['what-if', '--from', file, '--against', 'sequences', ...argv], { LEADSTREAM_DIR: dir });
const reportOf = async (...argv: string[]) => JSON.parse((await whatIf(...argv, '--json')).out) as Report;

describe('leadctl what-if', () => {
  it('confirms the record by the unchanged rules, and compares the changed ones by step, day and zone', async () => {
    const { calibration, comparison, leads } = await reportOf('--sequences', join(dir, 'changed'));
    expect(leads).toEqual({ replayed: 20, erased: 0, canary: 1, neverAtRest: 0 });
    expect(calibration).toEqual({ recorded: 41, equal: 41, moved: 0, more: 0, fewer: 0, share: 1 });
    // The reply on Tuesday noon comes after the second mail of a day later, not before it.
    expect(comparison?.leads).toEqual({ same: 8, more: 1, fewer: 0, other: 0, earlier: 11, later: 0 });
    const second = comparison?.steps.find(({ step }) => step === 'second');
    expect(second).toMatchObject({ unchanged: 11, changed: 12, more: 1, fewer: 0, earlier: 11, later: 0 });
    expect(second?.medianMs).toBe(-86_400_000);
    expect(comparison?.zones).toMatchObject([{ zone: 'Europe/Berlin', more: 1, earlier: 11 }]);
    expect(comparison?.days.find(({ date }) => date === '2026-12-09')).toEqual({
      date: '2026-12-09',
      unchanged: 7,
      changed: 4,
    });
    expect(comparison?.ifAnswersFollow).toMatchObject({ more: 1, earlier: 12 });
  });

  it('writes a page that loads nothing, with charts', async () => {
    const page = join(dir, 'hours.html');
    const { code, out } = await whatIf('--policy', 'hours=08:00-20:00', '--html', page);
    expect(code).toBe(0);
    expect(out).toMatch(/^ *content-nurture\/first to the lead +12 +12 +0 +0 +12 +0 +-/m);
    const html = await readFile(page, 'utf8');
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\ssrc=|\sstyle=|\son\w+=/i);
    expect(html.match(/<svg role="img" aria-label="[^"]+"/g)).toHaveLength(2);
    using _lock = lockFile(`${page}.lock`, 'taken');
    expect(await whatIf('--html', page)).toMatchObject({ code: 1, err: expect.stringContaining('is in use') });
  });

  it('compares nothing where the unchanged rules do not reproduce the record', async () => {
    const { code, out, err } = await command(
      ['what-if', '--from', file, '--against', 'sequences', '--policy', 'days=1234567'],
      { LEADSTREAM_DIR: dir, BUSINESS_HOURS: '10:00-11:00' },
    );
    expect(code).toBe(2);
    expect(out).toContain('calibration');
    expect(out).not.toContain('moved (median)');
    expect(err).toContain('below the bound of 95.00 %');
  });

  it('refuses what it cannot play, with a reason', async () => {
    for (const [argv, why] of [
      [['--policy', 'hours=20:00-08:00'], '--policy: hours=20:00-08:00 must be like hours=08:00-20:00'],
      [['--policy', 'hours='], '--policy: hours= must be like hours=08:00-20:00'],
      [['--since', '2030-01-01T00:00Z'], '--since: the last event is of 2026-12-'],
      [['--bound', '2'], '--bound: must be a share'],
      [['--lead', 'nobody'], 'no lead of the log can be replayed'],
      [['--sequences', join(dir, 'nowhere')], 'there is no folder'],
    ] as const)
      expect(await whatIf(...argv)).toMatchObject({ code: 1, err: expect.stringContaining(why) });
  });
});
