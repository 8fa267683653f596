import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { console as definition } from '@leadstream/console/console.module';
import { CONSOLE_TOKENS, tokenOf } from '@leadstream/console/testing/opened';
import { CLIENT_ID, CLIENT_SECRET, Issuer } from '@leadstream/console/testing/issuer';
import type { Role } from '@leadstream/console/roles';
import { start } from '@leadstream/service/start';
import { chromiumArgs } from '@leadstream/testing/browser';
import { eventually } from '@leadstream/testing/eventually';
import { freePort } from '@leadstream/testing/servers';
import { chromium, type Browser, type BrowserContextOptions, type Cookie, type Page } from 'playwright-core';
import { BUILT } from '../../../tools/build-all.ts';
import { startStack } from '../stack.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Pictures of the pages are kept there; without it none is made. */
const { PICTURES } = process.env;

export const WIDE = { width: 1_440, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const VIEWS = {
  wide: { viewport: WIDE, colorScheme: 'light' },
  'wide-dark': { viewport: WIDE, colorScheme: 'dark' },
  phone: { viewport: PHONE, colorScheme: 'light' },
  'phone-dark': { viewport: PHONE, colorScheme: 'dark' },
} as const satisfies Record<string, BrowserContextOptions>;

/** A refused request is in the browser's log; what the page makes of it is what its story is about. */
const REFUSED = /^Failed to load resource: (?:the server responded with a status of 4\d\d|net::ERR_FAILED)/;

export type Stage = Awaited<ReturnType<typeof startStage>>;

/** All services with their console, and a browser to look at it. A wait of two days is half an hour. */
export async function startStage(executablePath: string) {
  if (!process.env[BUILT])
    await promisify(execFile)(process.execPath, ['tools/build-web.ts', 'apps/console'], { cwd: process.cwd() });
  await using opening = new AsyncDisposableStack();
  const stack = await startStack({ env: { DELAY_SCALE: '0.01', REENROL_AFTER: 'PT0S' } });
  opening.defer(() => stack.stop());
  const issuer = await Issuer.open();
  opening.defer(() => issuer.close());
  const port = await freePort();
  const console = await start(definition, {
    ...stack.settings,
    HOST: '127.0.0.1',
    PORT: String(port),
    // Of another site than the issuer, as in production.
    CONSOLE_URL: `http://localhost:${port}`,
    OIDC_ISSUER: issuer.url,
    OIDC_CLIENT_ID: CLIENT_ID,
    OIDC_CLIENT_SECRET: CLIENT_SECRET,
    OIDC_ROLES: 'groups:sales=view',
    CONSOLE_TOKENS,
    CONSOLE_LABEL: 'sandbox',
  });
  opening.defer(() => console.stop());
  const browser = await chromium.launch({ executablePath, args: chromiumArgs() });
  opening.defer(() => browser.close());
  await console.ready;
  await eventually(async () => (await fetch(`${console.url}/readyz`)).ok);
  const faults: string[] = [];
  const open = opening.move();
  return {
    stack,
    url: console.url,
    issuer,
    home: `http://localhost:${port}`,
    ...visitor(browser, console.url, faults),
    faults,
    stop: () => open.disposeAsync(),
  };
}

/** A page with the console's opener policy: for one with another policy Chromium starts a process. */
const NOTHING = { contentType: 'text/html', headers: { 'cross-origin-opener-policy': 'same-origin' }, body: '' };

/** Opens pages of the console at `url` and keeps their errors, reports of their policy included, in `faults`. */
function visitor(browser: Browser, url: string, faults: string[]) {
  const sessions = new Map<Role, Cookie[]>();
  /** A new context costs a second of CPU: a page that was left is visited again, without what it had kept. */
  const left: Page[] = [];
  const reusable = new WeakSet<Page>();
  const opened = async (options: BrowserContextOptions): Promise<Page> => {
    const context = await browser.newContext({ ...VIEWS.wide, timezoneId: 'Europe/Berlin', ...options });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !REFUSED.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => void faults.push(`${page.url()}: ${String(error)}`));
    return page;
  };
  const visit = async (
    role: Role | undefined,
    path: string,
    { viewport = WIDE, colorScheme = 'light', ...others }: BrowserContextOptions = {},
  ): Promise<Page> => {
    const isPlain = Object.keys(others).length === 0;
    const page = (isPlain && left.pop()) || (await opened(others));
    if (isPlain) reusable.add(page);
    await show(page, { viewport, colorScheme });
    const context = page.context();
    const known = role && sessions.get(role);
    if (known) await context.addCookies(known);
    else if (role) {
      await context.request.post(`${url}/v1/session`, { data: { token: tokenOf(role) } });
      sessions.set(role, await context.cookies());
    }
    await page.goto(url + path, { waitUntil: 'load' });
    return page;
  };
  /** Ends what the page does. A test that leaves handlers, tabs or a clock in the page closes its context instead. */
  const leave = async (page: Page): Promise<void> => {
    if (!reusable.has(page)) return page.context().close();
    await page.evaluate('localStorage.clear(), sessionStorage.clear()');
    await page.route(`${url}/left`, (route) => route.fulfill(NOTHING));
    await page.goto(`${url}/left`);
    await page.unrouteAll();
    await page.context().clearCookies();
    left.push(page);
  };
  return { visit, leave };
}

/** The only rule of axe that reads colours: all others see the same in both schemes. */
const OF_COLOURS = { runOnly: ['color-contrast'] };
/** Of the rules that pass, axe would otherwise describe each element. */
const OF_VIOLATIONS = { iframes: false, resultTypes: ['violations'] };

/** Evaluated, because a script element would need the page's policy. */
export async function violations(
  page: Page,
  { colorScheme }: BrowserContextOptions = {},
  within = 'document',
): Promise<string[]> {
  const options = JSON.stringify({ ...OF_VIOLATIONS, ...(colorScheme === 'dark' ? OF_COLOURS : {}) });
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(await readFile(AXE, 'utf8'));
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    `axe.run(${within}, ${options}).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

/** Elements beyond the right edge, unless something around them scrolls. Scripts are texts: no DOM is typed here. */
export const overflowing = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .filter((element) => !element.closest('.views, .scrolls, pre, .skip'))
    .map(({ outerHTML }) => outerHTML.slice(0, 120))`);

/** Of a page behind an open dialog the first view is enough: the page has tests of its own. */
const DIALOG = `(document.querySelector('dialog[open]') ?? document)`;

/** Findings of axe and at the edge of the screen in each of the views; the page is left in the first of them. */
export async function inEachView(page: Page, named?: string): Promise<string[]> {
  const found: string[] = [];
  for (const [name, options] of Object.entries(VIEWS)) {
    await show(page, options);
    const within = name === 'wide' ? 'document' : DIALOG;
    for (const one of [...(await violations(page, options, within)), ...(await overflowing(page))])
      found.push(`${name}: ${one}`);
    if (named) await picture(page, `${named}-${name}`);
  }
  await show(page, VIEWS.wide);
  return found;
}

type View = Required<Pick<BrowserContextOptions, 'viewport' | 'colorScheme'>>;

async function show(page: Page, { viewport, colorScheme }: View): Promise<void> {
  if (viewport) await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
}

/** More than the controls of any page. */
const TABS_MAX = 400;

/** Controls of the page that Tab does not reach, and those that it reaches without a mark or out of sight. */
export async function outOfTab(page: Page): Promise<string[]> {
  await page.evaluate(`(() => {
    const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')];
    const controls = all.filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility());
    controls.forEach((one) => one.dataset.control = 'unreached');
    document.activeElement?.blur();
  })()`);
  const wrong: string[] = [];
  for (let tabs = 0; ; tabs++) {
    if (tabs > TABS_MAX) throw new Error(`no round of Tab ends within ${TABS_MAX}`);
    await page.keyboard.press('Tab');
    const reached = await page.evaluate<string>(REACHED);
    if (reached === 'again') break;
    if (reached !== '') wrong.push(reached);
  }
  return [
    ...wrong,
    ...(await page.evaluate<string[]>(`[...document.querySelectorAll('[data-control=unreached]')]
      .filter((one) => one.isConnected && one.checkVisibility())
      .map((one) => 'not reached: ' + one.outerHTML.slice(0, 120))`)),
  ];
}

/** The fault of the control with the focus; empty: it has none, or the round goes by the browser's own bar. */
const REACHED = `(() => {
  const one = document.activeElement;
  if (!one || one === document.body) return '';
  if (one.dataset.control === 'reached') return 'again';
  one.dataset.control = 'reached';
  const { top, bottom } = one.getBoundingClientRect();
  const seen = bottom > 0 && top < innerHeight;
  const marked = [one, one.closest('label')].some((it) => it && getComputedStyle(it).outlineStyle !== 'none');
  return seen && marked ? '' : (seen ? 'without a mark: ' : 'out of sight: ') + one.outerHTML.slice(0, 120);
})()`;

/** Keeps a picture of the page, where the caller of the test asks for them. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!PICTURES) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** The bytes of an answer as they travel. */
export const packed = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => void (bytes += chunk.length)).on('end', () => resolve(bytes));
    }).on('error', reject);
  });
