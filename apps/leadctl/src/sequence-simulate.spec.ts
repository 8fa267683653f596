import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Report } from './simulate/report.ts';
import { command } from './testing/command.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leadstream-simulate-'));
  await cp('sequences', join(dir, 'sequences'), { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo'];
/** Two a day from Monday on, in turn from three zones, every fourth a demo request. */
const CSV = [
  'Email,Time zone,Source,submissionTimestamp',
  ...Array.from({ length: 40 }, (_, n) => {
    const at = Temporal.Instant.from('2026-10-19T06:00:00Z').add({ hours: 12 * n });
    return `p${n}@example.com,${ZONES[n % 3]},${n % 4 === 0 ? 'demo_request' : 'whitepaper'},${at.toString()}`;
  }),
].join('\n');

const RULES = `version: 2
rules:
  - id: company
    when: { enrichment: { domain: { companyDomain: acme.test } } }
    add: [vip]
  - id: form
    when: { source: demo_request }
    add: [form]
  - id: elsewhere
    when: { enrichment: { http: { industry: software } } }
    add: [elsewhere]
`;

const simulate = async (csv: string, ...argv: string[]) => simulateIn({}, csv, ...argv);
const simulateIn = async (env: Record<string, string>, csv: string, ...argv: string[]) => {
  const file = join(dir, 'leads.csv');
  await writeFile(file, csv);
  const from = ['--from', '2026-10-19T00:00:00Z', '--days', '30', '--leads', file];
  return command(['sequences', 'simulate', join(dir, 'sequences'), ...from, ...argv], { LEADSTREAM_DIR: dir, ...env });
};
const reportOf = async (csv: string, ...argv: string[]): Promise<Report> =>
  JSON.parse((await simulate(csv, '--json', ...argv)).out) as Report;
const NOBODY = ['reply', 'away', 'click', 'bounce', 'unsubscribe', 'complaint'].flatMap((one) => [
  `--${one}-rate`,
  '0',
]);
const mailsOf = ({ steps }: Report, name: string) =>
  steps.find(({ sequence, step }) => `${sequence}/${step}` === name)?.mails;

describe('a simulated folder', () => {
  it('sends every mail of people who do nothing, and names the steps that no lead reaches', async () => {
    const report = await reportOf(CSV, ...NOBODY);
    expect(report.leads).toMatchObject({ arrived: 40, refused: 0, statuses: { completed: 40 } });
    expect(report.mails).toEqual({ toLeads: 70, toReps: 10 });
    expect([mailsOf(report, 'content-nurture/second'), mailsOf(report, 'sales-demo/confirm')]).toEqual([30, 10]);
    expect(report.hours.reduce((sum, { toLeads }) => sum + toLeads, 0)).toBe(70);
    expect(report.zones.map(({ leads }) => leads).sort()).toEqual([13, 13, 14]);
    const { out } = await simulate(CSV, ...NOBODY);
    expect(out).toMatch(/steps that no lead reaches\n(?: .*\n)* {2}returning-lead\/tell-rep .*no run of the sequence/);
    expect(out).toContain('70 to leads, 10 to reps');
  });

  it('has no mail to a lead outside of its business hours, whatever the clocks do', async () => {
    const { zones, clockChanges } = await reportOf(CSV, ...NOBODY);
    for (const { byLocalHour } of zones)
      expect(byLocalHour.map((mails, hour) => (mails > 0 ? hour : 9)).every((hour) => hour >= 9 && hour <= 17)).toBe(
        true,
      );
    expect(clockChanges.map(({ zone, from, to }) => `${zone} ${from} ${to}`).sort()).toEqual([
      'America/New_York -04:00 -05:00',
      'Europe/Berlin +02:00 +01:00',
    ]);
  });

  it('is the same for a seed, and has other people for another', async () => {
    const rates = ['--reply-rate', '30%', '--click-rate', '0.3'];
    const [first, again, other] = [
      await reportOf(CSV, ...rates),
      await reportOf(CSV, ...rates),
      await reportOf(CSV, ...rates, '--seed', '2'),
    ];
    expect(again).toEqual(first);
    expect(other.happened).not.toEqual(first.happened);
    expect(first.happened['replies']).toBeGreaterThan(3);
    expect(mailsOf(first, 'reply-notice/tell-rep')).toBe(first.happened['replies']);
    expect(first.mails.toLeads).toBeLessThan(70);
  });

  it('tags by rules, also on what enrichers find, and says which enricher it does not ask', async () => {
    await writeFile(join(dir, 'sequences/tags.yaml'), RULES);
    const sequence = join(dir, 'sequences/sales-demo/sequence.yaml');
    await writeFile(sequence, `${await readFile(sequence, 'utf8')}    when: { tagged: [vip] }\n`);
    const csv = CSV.replaceAll('example.com', 'acme.test').replace(
      /p[01]@acme.test/g,
      (one) => `${one.slice(0, 2)}@gmail.com`,
    );
    const json = async (env: Record<string, string>) =>
      JSON.parse((await simulateIn(env, csv, '--json', ...NOBODY)).out) as Report;
    const both = await json({ ENRICHERS: 'domain,http' });
    expect(both).toMatchObject({
      tags: { vip: 38, form: 10 },
      enrichment: [
        { enricher: 'domain', outcome: 'enriched', leads: 38 },
        { enricher: 'domain', outcome: 'nothing', leads: 2 },
      ],
      notAsked: ['http'],
    });
    expect(mailsOf(both, 'sales-demo/confirm')).toBe(9);
    const none = await json({ ENRICHERS: '' });
    expect([none.tags, none.enrichment, none.notAsked]).toEqual([{ form: 10 }, [], []]);
    expect(mailsOf(none, 'sales-demo/confirm')).toBe(0);
    const { out } = await simulateIn({ ENRICHERS: 'domain,http' }, csv, ...NOBODY);
    expect(out).toContain('enrich   http: another system knows the answer; not asked, its facts are unknown here');
  });

  it('lets mails above the quota wait, and says how long', async () => {
    const { quota, hours, mails } = await reportOf(CSV, ...NOBODY, '--quota', '3/day', '--quota', '1/hour');
    expect(quota).toMatchObject({ perDay: 3, perHour: 1 });
    expect(quota.waited).toBeGreaterThan(10);
    expect(quota.medianMs).toBeLessThanOrEqual(quota.maxMs);
    expect(Math.max(...hours.map(({ toLeads, toReps }) => toLeads + toReps))).toBe(1);
    expect(mails.toLeads).toBeLessThan(70);
  });

  it('writes a page that loads nothing and shows what a form said as text', async () => {
    const file = join(dir, 'weeks.html');
    const { code, err } = await simulate(
      `${CSV}\nada@example.com,Europe/Berlin,<script>alert(1)</script>,2026-10-19T00:00:00Z`,
      ...NOBODY,
      '--html',
      file,
      '--show',
      '100',
    );
    expect([code, err]).toEqual([0, `the charts are in ${file}\n`]);
    const html = await readFile(file, 'utf8');
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\ssrc=|\sstyle=|\son\w+=/i);
    const [, css = ''] = /<style>([^<]*)<\/style>/.exec(html) ?? [];
    const hash = `sha256-${createHash('sha256').update(css).digest('base64')}&#39;`;
    // Not toContain: a failure would print the page.
    for (const part of ['&lt;script&gt;alert(1)&lt;/script&gt;', hash, '<title>Wed 2026-10-21: 4 to leads, 1 to reps'])
      expect([part, html.includes(part)]).toEqual([part, true]);
    expect(html.match(/<svg role="img" aria-label="[^"]+"/g)).toHaveLength(2 + ZONES.length);
  });

  it('refuses what it cannot simulate, with a reason', async () => {
    const broken = `${CSV}\nno address,Europe/Berlin,whitepaper,`;
    expect((await simulate(broken, ...NOBODY)).code).toBe(2);
    expect(await simulate(CSV, '--reply-rate', '300%')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--reply-rate: must be a share such as 3% or 0.03'),
    });
    expect(await simulate(CSV, '--quota', '3')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--quota: 3 must be a number and a unit'),
    });
    await rm(join(dir, 'sequences/content-nurture/first-mail.md'));
    expect(await simulate(CSV)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^content-nurture\/sequence.yaml:\d+: /),
    });
  });
});
