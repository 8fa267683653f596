import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { leadctl } from '@leadstream/leadctl/program';
import { command } from '@leadstream/leadctl/testing/command';
import { chromiumArgs, chromiumPath } from '@leadstream/testing/browser';
import { parseFolder } from '@leadstream/sequences/folder';
import { twentyLeads } from '@leadstream/sequences/testing/twenty-leads';
import { readFolder } from '@leadstream/service/sequence-store';
import { eventually } from '@leadstream/testing/eventually';
import { chromium, type Browser, type BrowserContext, type Page, type Request } from 'playwright-core';

const executablePath = chromiumPath();
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const FRAME = `frame:
  language: en
  colors: { header: '#0b3d91' }
  logo: { url: https://acme.example/logo.svg, alt: Acme Cloud, width: 160, height: 40 }
  signature: "**{{ sender_name | fallback: 'Sam' }}**, [Acme Cloud](https://acme.example)"
`;
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40"><rect width="160" height="40"/></svg>';
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo'];
const LEADS = [
  'Email,Time zone,Source,submissionTimestamp',
  ...Array.from({ length: 40 }, (_, n) => {
    const at = Temporal.Instant.from('2026-10-19T06:00:00Z').add({ hours: 3 * n });
    return `p${n}@example.com,${ZONES[n % 3]},${n % 4 === 0 ? 'demo_request' : 'whitepaper'},${at.toString()}`;
  }),
].join('\n');
const WIDE = { width: 1_440, height: 900 };
const PHONE = { width: 390, height: 844 };
type View = { viewport: { width: number; height: number }; colorScheme: 'light' | 'dark' };
const VIEWS: [string, View][] = [
  ['wide', { viewport: WIDE, colorScheme: 'light' }],
  ['wide and dark', { viewport: WIDE, colorScheme: 'dark' }],
  ['on a phone', { viewport: PHONE, colorScheme: 'light' }],
  ['on a phone, dark', { viewport: PHONE, colorScheme: 'dark' }],
];

/** A page whose errors, policy reports included, are faults; nothing comes from outside but the logo. */
async function watched(context: BrowserContext, faults: string[]): Promise<Page> {
  await context.route(/^https:/, (route) =>
    route.request().url() === 'https://acme.example/logo.svg'
      ? route.fulfill({ contentType: 'image/svg+xml', body: LOGO })
      : route.abort(),
  );
  const page = await context.newPage();
  // Requests of a frame without an origin are not routed, and no name server knows the logo's.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource: net::'))
      faults.push(message.text());
  });
  page.on('pageerror', (error) => void faults.push(String(error)));
  return page;
}

/** The mean of the three channels of `rgb(…)`. */
const lightness = (color: string): number =>
  (color.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, one) => sum + Number(one) / 3, 0);

(executablePath ? describe : describe.skip)('pages of leadctl in a browser', () => {
  let dir: string;
  let browser: Browser;
  let page: Page;
  let url: string;
  let stop: () => Promise<number>;
  const faults: string[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'leadstream-preview-'));
    await cp('sequences', dir, { recursive: true });
    const file = join(dir, 'content-nurture/sequence.yaml');
    await writeFile(file, (await readFile(file, 'utf8')) + FRAME);
    let [out, interrupt] = ['', () => undefined as void];
    const ended = leadctl(['sequences', 'preview', dir], {
      env: {},
      isTTY: false,
      out: (text) => void (out += text),
      err: () => undefined,
      input: () => Promise.resolve(Buffer.from('')),
      onInterrupt: (then) => void (interrupt = then),
    });
    stop = () => {
      interrupt();
      return ended;
    };
    url = await eventually(() => /^http:\/\/127\.0\.0\.1:\d+$/m.exec(out)?.[0]);
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: chromiumArgs() });
    page = await watched(await browser.newContext(), faults);
  });
  afterAll(async () => {
    await browser?.close();
    await stop?.();
    if (dir) await rm(dir, { recursive: true });
  });

  /** Empties the page, which all tests use: another context costs a second of CPU. */
  const opened = async ({ viewport, colorScheme }: View): Promise<void> => {
    await page.goto('about:blank');
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    faults.length = 0;
  };
  /** Evaluated, because a script element would need the page's policy. */
  const violations = async (page: Page): Promise<string[]> => {
    await page.evaluate(await readFile(AXE, 'utf8'));
    const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      'axe.run(document, { iframes: false })',
    );
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  };
  // Scripts are texts: the repository's TypeScript knows no DOM.
  const overflowing = (page: Page, but = 'iframe *'): Promise<string[]> =>
    page.evaluate<string[]>(`[...document.querySelectorAll('body *:not(${but})')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map(({ outerHTML }) => outerHTML.slice(0, 100))`);
  const styleOf = (page: Page, element: string, property: string): Promise<string> =>
    page.evaluate<string>(`getComputedStyle(${element})[${JSON.stringify(property)}]`);

  it.each(VIEWS)('is readable and accessible %s, and its policy lets all of it be shown', async (_, options) => {
    await opened(options);
    await page.goto(url, { waitUntil: 'load' });
    expect(await page.title()).toMatch(/^Mails of /);
    expect(await violations(page)).toEqual([]);
    expect(await overflowing(page)).toEqual([]);
    for (const frame of await page.locator('iframe').all()) await frame.scrollIntoViewIfNeeded();
    expect(faults).toEqual([]);
  });

  /** Over a clock change, with mails that wait for the quota. */
  const simulated = async (file: string): Promise<void> => {
    const leads = join(dir, '..', `${basename(dir)}.csv`);
    await writeFile(leads, LEADS);
    const args = ['--leads', leads, '--from', '2026-10-19', '--days', '21', '--quota', '9/day', '--html', file];
    expect(await command(['sequences', 'simulate', dir, ...args], {})).toMatchObject({ code: 0 });
    await rm(leads);
  };
  const replayed = async (file: string): Promise<void> => {
    const log = join(dir, '..', `${basename(dir)}.ndjson`);
    const events = twentyLeads(parseFolder(await readFolder('sequences'))).flat();
    await writeFile(log, events.map((event) => JSON.stringify(event)).join('\n'));
    const args = ['--from', log, '--against', 'sequences', '--policy', 'hours=08:00-20:00', '--html', file];
    expect(await command(['what-if', ...args], {})).toMatchObject({ code: 0 });
    await rm(log);
  };

  describe.each([
    ['sequences simulate', simulated, VIEWS],
    ['what-if', replayed, [VIEWS[0], VIEWS[3]]],
  ] as [string, (file: string) => Promise<void>, typeof VIEWS][])('the page of %s', (name, make, views) => {
    let file: string;
    beforeAll(async () => {
      file = join(dir, '..', `${basename(dir)}-${name.split(' ').at(-1)}.html`);
      await make(file);
    });
    afterAll(() => rm(file, { force: true }));

    it.each(views)('is readable and accessible %s, loads nothing, and its charts scroll alone', async (_, options) => {
      await opened(options);
      const requests: string[] = [];
      const { href } = pathToFileURL(file);
      const note = (request: Request) => void requests.push(request.url());
      page.on('request', note);
      await page.goto(href, { waitUntil: 'load' });
      expect(await violations(page)).toEqual([]);
      expect(await overflowing(page, '.wide *')).toEqual([]);
      expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      const ground = await styleOf(page, 'document.body', 'backgroundColor');
      expect(lightness(ground) < 128).toBe(options.colorScheme === 'dark');
      expect(await page.locator('svg:visible').count()).toBeGreaterThan(1);
      page.off('request', note);
      expect([requests, faults]).toEqual([[href], []]);
    });
  });

  it('shows the mails as chosen, by the keyboard alone', async () => {
    await opened({ viewport: WIDE, colorScheme: 'light' });
    await page.goto(url, { waitUntil: 'load' });
    const choose = async (legend: string, ...keys: string[]) => {
      for (let tabs = 0; tabs < 10; tabs++) {
        await page.keyboard.press('Tab');
        const inside = await page.evaluate<string>("document.activeElement?.closest('fieldset')?.textContent ?? ''");
        if (!inside.startsWith(legend)) continue;
        for (const key of keys) await page.keyboard.press(key);
        return;
      }
      throw new Error(`no Tab reaches ${legend}`);
    };
    const shown = (selector: string) => page.locator(`${selector}:visible`).count();
    const all = await shown('iframe');
    await choose('Lead', 'ArrowRight');
    expect(await shown('.empty')).toBe(0);
    await choose('Format', 'ArrowRight');
    expect(await shown('pre')).toBe(0);
    expect(await shown('iframe')).toBeLessThan(all);
    await choose('Width', 'ArrowRight');
    const first = page.locator('iframe:visible').first();
    expect((await first.boundingBox())?.width).toBe(390);
    await choose('Scheme', 'ArrowRight');
    expect(await styleOf(page, "document.querySelector('iframe')", 'colorScheme')).toBe('dark');
    expect(await styleOf(page, 'document.activeElement', 'outlineStyle')).toBe('solid');
    await page.reload();
    expect((await first.boundingBox())?.width).toBe(390);
    expect(faults).toEqual([]);
  });

  it.each(VIEWS)('has a framed mail that is readable and accessible by itself %s', async (_, options) => {
    const { out } = await command(['sequences', 'preview', dir, '--json'], {});
    const mails = JSON.parse(out) as { sequence: string; html: string }[];
    await opened(options);
    await page.setContent(mails.find(({ sequence }) => sequence === 'content-nurture')?.html ?? '', {
      waitUntil: 'load',
    });
    // Landmarks are those of a web page, and a mail program shows the mail inside of its own.
    expect(
      (await violations(page)).filter((one) => !/^(?:region|landmark-one-main|page-has-heading-one):/.test(one)),
    ).toEqual([]);
    expect(await overflowing(page)).toEqual([]);
    const dark = options.colorScheme === 'dark';
    const card = await styleOf(page, "document.querySelector('.ls-card')", 'backgroundColor');
    expect(card).toBe(dark ? 'rgb(27, 32, 39)' : 'rgb(255, 255, 255)');
    expect((await page.locator('img').boundingBox())?.width).toBe(160);
    expect(faults).toEqual([]);
  });
});
