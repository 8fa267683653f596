import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { tokenOf } from '@leadstream/console/testing/opened';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { chromiumPath } from '@leadstream/testing/browser';
import { eventually } from '@leadstream/testing/eventually';
import type { Locator, Page } from 'playwright-core';
import { headersOf, people } from './console/people.ts';
import { freshEmail, lead } from './stack.ts';
import {
  inEachView,
  outOfTab,
  overflowing,
  packed,
  picture,
  startStage,
  violations,
  VIEWS,
  type Stage,
} from './console/stage.ts';

const executablePath = chromiumPath();
/** Of the newer pages, which have no color or width of their own, the two views that differ in both. */
const RENEWED = new Set(process.env['PICTURES'] ? Object.keys(VIEWS) : ['wide', 'phone-dark']);

(executablePath ? describe : describe.skip)('the console in a browser', () => {
  let stage: Stage;
  let who: Awaited<ReturnType<typeof people>>;
  beforeAll(async () => {
    stage = await startStage(executablePath ?? '');
    who = await people(stage);
  });
  afterEach(() => expect(stage.faults.splice(0)).toEqual([]));
  afterAll(() => stage?.stop());

  const leave = (page: Page) => stage.leave(page);
  /** Of a page with handlers or a clock of its test. */
  const close = (page: Page) => page.context().close();
  const types = (id: string) => stage.stack.log.history(id).then((all) => all.map(({ type }) => type));
  const recorded = (page: Page, text: string) => page.getByRole('status').getByText(`Recorded: ${text}`).waitFor();
  /** The read model may follow the log by more than the second that a list waits. */
  const shownLater = (page: Page, what: () => Locator) =>
    eventually(async () => {
      if (await what().isVisible()) return true;
      await page.waitForTimeout(500);
      if (!(await what().isVisible())) await page.reload();
      throw new Error('not yet');
    });
  /** Opens a command of the menu by its name. */
  const choose = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'More commands' }).click();
    await page.getByRole('menuitem', { name: new RegExp(`^${name}`) }).click();
    await page.getByRole('dialog').waitFor();
  };

  it.each(Object.entries(VIEWS))('is readable and accessible %s', async (name, options) => {
    const pages: (readonly [string, string, string])[] = [
      ['needs-you', '/', 'Did it go out?'],
      ['health', '/health', 'Consumers'],
      ['sequences', '/sequences', 'Content nurture'],
      ['sequence', '/sequences/content-nurture', 'here now'],
      ['live', '/live', who.ana.id],
      ['leads', '/leads', 'Klara Holm'],
      ['no-leads', '/leads?q=nobody', 'No lead is like that'],
      ['lead', `/leads/${who.klara.id}`, 'What happened'],
      ['answered', `/leads/${who.ana.id}`, 'What happened'],
      ['parked', `/leads/${who.pia.id}`, 'What happened'],
      ['past', `/leads/${who.ana.id}?version=3`, 'Back to now'],
      ['nowhere', '/nowhere', 'nothing at this'],
      ...(RENEWED.has(name)
        ? ([
            ['reports', '/reports', 'When mails go'],
            ['settings', '/settings', 'Form services'],
          ] as const)
        : []),
    ];
    const page = await stage.visit('admin', '/leads', options);
    for (const [picked, path, text] of pages) {
      await page.goto(stage.url + (path === '/nowhere' ? '/leads/nowhere' : path));
      await page
        .getByText(path === '/nowhere' ? 'Not found' : text)
        .first()
        .waitFor();
      await picture(page, `${picked}-${name}`);
      expect(await violations(page, options)).toEqual([]);
      expect(await overflowing(page)).toEqual([]);
    }
    await leave(page);
  });

  it('sends at most 130 KB of script', async () => {
    const page = await (await fetch(`${stage.url}/`)).text();
    const [script = ''] = /\/assets\/[\w-]+\.js/.exec(page) ?? [];
    const gzipped = await packed(`${stage.url}${script}`);
    expect(gzipped).toBeGreaterThan(10_000);
    expect(gzipped).toBeLessThanOrEqual(130_000);
  });

  it('lets a caller in with a token, and says why one is not', async () => {
    const page = await stage.visit(undefined, '/leads');
    await page.getByLabel('Token').fill('a guess');
    await page.keyboard.press('Enter');
    await page.getByText('No token of this console is like that').waitFor();
    expect(await inEachView(page, 'sign-in')).toEqual([]);
    await page.getByLabel('Token').fill(tokenOf('view'));
    await page.keyboard.press('Enter');
    await page.getByText('Klara Holm').waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    await leave(page);
  });

  it('lets a person in whom the issuer knows with a role here, on the page that they came to', async () => {
    const page = await stage.visit(undefined, '/');
    await page.goto(`${stage.home}/leads?q=klara`);
    const signIn = page.getByRole('link', { name: `Sign in with ${new URL(stage.issuer.url).host}` });
    stage.issuer.claims = { sub: 'zoe', groups: [] };
    await signIn.click();
    await page.getByText('Your account has no role here').waitFor();
    expect(await inEachView(page, 'no-role')).toEqual([]);
    stage.issuer.claims = { sub: 'zoe', groups: ['sales'] };
    await signIn.press('Enter');
    await page.getByText('Klara Holm').waitFor();
    expect(page.url()).toBe(`${stage.home}/leads?q=klara`);
    await page.getByText('zoe', { exact: true }).first().waitFor();
    await leave(page);
  });

  it('finds a lead, pauses and resumes it, without a mouse', async () => {
    const page = await stage.visit('operate', '/leads');
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByRole('searchbox').focus();
    await page.keyboard.type('klara');
    await eventually(async () => (await page.getByRole('row').count()) === 2);
    const focused = () => page.evaluate<string>('document.activeElement?.textContent ?? ""');
    for (let tabs = 0; (await focused()) !== 'Klara Holm'; tabs++) {
      if (tabs > 20) throw new Error('no Tab reaches the lead');
      await press('Tab');
    }
    await press('Enter');
    await page.getByRole('heading', { name: 'Klara Holm' }).waitFor();
    for (const [name, event] of [
      ['Pause', 'paused'],
      ['Resume', 'resumed'],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).focus();
      await press('Enter');
      await page.getByRole('dialog', { name }).waitFor();
      expect(await page.evaluate('document.activeElement?.name')).toBe('reason');
      await page.keyboard.type('is on the phone');
      await press('Tab', 'Tab', 'Enter');
      await recorded(page, event);
    }
    expect(await types(who.klara.id)).toEqual(expect.arrayContaining(['lead.paused', 'lead.resumed']));
    await leave(page);
  });

  it('says what happened since the operator looked, and records nothing before they have seen it', async () => {
    const [one, two] = [
      await stage.visit('operate', `/leads/${who.uma.id}`),
      await stage.visit('admin', `/leads/${who.uma.id}`),
    ];
    await choose(one, 'Move to a step');
    await choose(two, 'Tag');
    await two.getByRole('textbox', { name: 'Tags' }).fill('vip');
    await two.getByRole('button', { name: 'Tag', exact: true }).click();
    await recorded(two, 'tagged');
    await one.getByRole('button', { name: 'Move to a step' }).click();
    await one.getByText('1 thing has happened since you looked.').waitFor();
    expect(await inEachView(one, 'moved-on')).toEqual([]);
    await one.getByRole('button', { name: 'I have seen it' }).click();
    await one.getByRole('button', { name: 'Move to a step' }).waitFor();
    expect((await types(who.uma.id)).at(-1)).toBe('lead.tagged');
    await one.getByRole('button', { name: 'Move to a step' }).click();
    await recorded(one, 'moved');
    await Promise.all([leave(one), leave(two)]);
  });

  it('has one stream of events for all tabs of a browser, and the next tab goes on with it', async () => {
    const first = await stage.visit('admin', '/live');
    let streams = 0;
    first.context().on('request', (request) => void (streams += request.url().endsWith('/v1/events') ? 1 : 0));
    await first.locator('main').getByText('Live', { exact: true }).waitFor();
    const tabs = [first];
    for (let count = 0; count < 8; count++) {
      const tab = await first.context().newPage();
      await tab.goto(`${stage.url}/leads`);
      await tab.getByText('Klara Holm').waitFor();
      tabs.push(tab);
    }
    const before = streams;
    expect(before).toBeLessThanOrEqual(1);
    const last = tabs.at(-1);
    const nia = freshEmail('nia');
    await stage.stack.post(lead(nia, 'whitepaper', { firstName: 'Nia' }));
    await last?.getByText('1 new lead: show').waitFor();
    expect(await last?.getByText('Nia').count()).toBe(0);
    const ofNia = (page: Page) =>
      page
        .getByRole('listitem')
        .filter({ hasText: stage.stack.idOf(nia) })
        .filter({ hasText: 'Came in' });
    await ofNia(first).waitFor();
    // A page that comes later has it, too, and once.
    await tabs[1]?.goto(`${stage.url}/live`);
    if (tabs[1]) await ofNia(tabs[1]).waitFor();
    await first.close();
    await eventually(() => streams === before + 1);
    await stage.stack.post(lead(freshEmail('noor'), 'whitepaper', { firstName: 'Noor' }));
    await last?.getByText('2 new leads: show').click();
    if (last) await shownLater(last, () => last.getByRole('link', { name: 'Noor' }));
    await first.context().close();
  });

  it('lists what needs somebody, settles it, and says why a message stays', async () => {
    const page = await stage.visit('operate', '/');
    const group = (title: string) => page.getByRole('region', { name: title });
    await group('Messages that no service could take').getByRole('button', { name: 'Show' }).click();
    await page.getByRole('heading', { name: 'Message', exact: true }).waitFor();
    expect(await inEachView(page, 'quarantined')).toEqual([]);
    await page.keyboard.press('Escape');
    await group('Messages that no service could take').getByRole('button', { name: 'Hand over again' }).click();
    await page.getByText('It stays in quarantine').waitFor();
    expect(await page.title()).toMatch(/^\(3\) Needs you/);
    // The settled row keeps its place while the pointer is there: a second click there settles nothing else.
    const goOn = { name: 'It did not: go on without it' };
    const before = await page.title();
    const button = group('Refused for good').getByRole('button', goOn);
    const place = await button.boundingBox();
    await button.dblclick();
    await group('Refused for good')
      .getByRole('button', { ...goOn, disabled: true })
      .waitFor();
    await page.waitForFunction(`document.title !== ${JSON.stringify(before)}`);
    expect(await button.boundingBox()).toEqual(place);
    expect(await violations(page)).toEqual([]);
    await picture(page, 'settled');
    const settled = await types(who.quinn.id);
    await button.click({ force: true });
    expect(settled.filter((type) => type === 'lead.send-skipped')).toHaveLength(1);
    expect(await types(who.quinn.id)).toEqual(settled);
    await page.getByRole('button', { name: 'Find' }).focus();
    await page.mouse.move(0, 0);
    await group('Refused for good').waitFor({ state: 'detached' });
    await leave(page);
  });

  it('hands a lead over again that was refused at the door, and finds it by what is remembered of it', async () => {
    const email = freshEmail('greta');
    const copy = lead(email, 'demo_request', { firstName: 'Greta', lastName: 'Berg Lindqvist', phone: '+4930901821' });
    await quarantine(stage.stack.broker, {
      consumer: 'ingest',
      stream: 'QUARANTINE',
      seq: 0,
      id: email,
      subject: '/v1/leads',
      headers: headersOf({ 'content-type': 'application/json', 'ce-source': 'shop', 'ce-id': email }),
      data: Buffer.from(JSON.stringify(copy)),
      reason: 'contract: leadData.source',
      attempts: 1,
    });
    const page = await stage.visit('operate', '/');
    const item = page.getByRole('listitem').filter({ hasText: 'at the door' });
    await item.getByRole('button', { name: 'Hand over again' }).press('Enter');
    await page.getByRole('status').getByText('the service took it').waitFor();
    await item.getByRole('button', { name: 'Hand over again', disabled: true }).waitFor();
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Hand over again');
    await stage.stack.lead(email);
    await page.goto(`${stage.url}/leads`);
    for (const remembered of ['lindqv', 'berg', '030 90 18', '0049 30 9018', 'greta berg']) {
      await page.getByRole('searchbox').fill(remembered);
      await page.waitForURL((url) => url.searchParams.get('q') === remembered);
      await page.locator('[aria-busy=false]').getByRole('link', { name: 'Greta Berg Lindqvist' }).waitFor();
    }
    await leave(page);
  });

  it.each([
    ['/', 'Did it go out?'],
    ['/leads', 'Klara Holm'],
    ['/leads/import', 'CSV file'],
    ['/sequences', 'Content nurture'],
    ['/sequences/content-nurture', 'here now'],
    ['/health', 'Consumers'],
    ['/reports', 'When mails go'],
    ['/live', 'Hold'],
    ['/settings', 'Form services'],
    ['lead', 'What happened'],
  ])('has everything of %s on the way of Tab, and shows where it is', async (path, text) => {
    const page = await stage.visit('admin', path === 'lead' ? `/leads/${who.pia.id}` : path);
    await page.getByText(text).first().waitFor();
    expect(await outOfTab(page)).toEqual([]);
    await leave(page);
  });

  it('offers an administrator to send again, as soon as the account is paused', async () => {
    const page = await stage.visit('admin', '/');
    await page.getByText('Did it go out?').waitFor();
    await page.evaluate(`fetch('/v1/account/pause', { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: '{"reason":"the domain is new"}' })`);
    await page.reload();
    await page.getByRole('button', { name: 'Send again' }).click();
    const paused = page.getByRole('region', { name: 'Sending is paused' });
    await paused.getByRole('button', { name: 'Send again', disabled: true }).waitFor();
    await leave(page);
  });

  it('settles a send of which nobody knows the outcome', async () => {
    const page = await stage.visit('operate', `/leads/${who.pia.id}`);
    await page.getByRole('button', { name: 'It did not' }).click();
    await page.getByText('its run goes on without it').waitFor();
    await page.getByRole('button', { name: 'Settle a send' }).click();
    await recorded(page, 'not sent');
    await leave(page);
  });

  it('shows why a command is not possible, and what would make it so', async () => {
    const page = await stage.visit('operate', `/leads/${who.tom.id}`);
    await choose(page, 'Restart');
    await page.getByRole('button', { name: 'Restart' }).click();
    await recorded(page, 'restarted');
    await choose(page, 'Stop all mail');
    await page.getByLabel('Why').fill('said so on the phone');
    await page.getByRole('button', { name: 'Stop all mail' }).click();
    await recorded(page, 'unsubscribed');
    await page.getByRole('button', { name: 'More commands' }).click();
    expect(await page.getByRole('menuitem', { name: 'Stop all mail' }).innerText()).toMatch(/unsubscribed/);
    await page.getByRole('menuitem', { name: 'Move to a step' }).click();
    await page.getByText('a restart lifts that', { exact: false }).waitFor();
    expect(await inEachView(page, 'refused')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement?.ariaLabel')).toBe('More commands');
    await leave(page);
  });

  it.each([
    ['Add a note', 'Note', 'prefers to be called', 'note'],
    ['Assign', 'Rep', 'ben', 'assigned'],
    ['Tag', 'Tags', 'customer, region:nordics', 'tagged'],
    ['Remove tags', undefined, '', 'tagged'],
    ['Enrol in a sequence', undefined, '', 'moved'],
  ])('records: %s', async (name, label, text, event) => {
    const page = await stage.visit('operate', `/leads/${who.klara.id}`);
    await choose(page, name);
    expect(await inEachView(page)).toEqual([]);
    if (label) await page.getByRole('dialog').getByLabel(label).fill(text);
    await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
    await recorded(page, event);
    await leave(page);
  });

  it('erases after the address was typed, for an administrator only', async () => {
    const other = await stage.visit('operate', `/leads/${who.quinn.id}`);
    await other.getByRole('button', { name: 'More commands' }).click();
    expect(await other.getByRole('menuitem', { name: 'Erase' }).count()).toBe(0);
    await leave(other);
    const page = await stage.visit('admin', `/leads/${who.quinn.id}`);
    await choose(page, 'Erase');
    await page.getByLabel('Why').fill('ticket 17');
    await page.getByLabel('Type').fill('someone@example.com');
    await page.getByRole('button', { name: 'Erase' }).click();
    expect(await types(who.quinn.id)).not.toContain('lead.erased');
    await page.getByLabel('Type').fill(who.quinn.email);
    await page.getByRole('button', { name: 'Erase' }).click();
    await recorded(page, 'erased');
    await page.getByRole('heading', { name: 'Erased lead' }).waitFor();
    expect(await page.locator('main').innerText()).not.toContain(who.quinn.email);
    await leave(page);
  });

  it('records one event of a command that is clicked twice', async () => {
    const notes = async () => (await types(who.klara.id)).filter((type) => type === 'lead.noted').length;
    const before = await notes();
    const page = await stage.visit('operate', `/leads/${who.klara.id}`);
    await choose(page, 'Add a note');
    await page.getByRole('textbox', { name: 'Note' }).fill('asked for a quote');
    await page.evaluate(`(() => {
      const button = document.querySelector('dialog button[type=submit]');
      button.click();
      button.click();
    })()`);
    await recorded(page, 'note');
    expect(await notes()).toBe(before + 1);
    await leave(page);
  });

  it('offers a viewer no command, and the server takes none from their browser', async () => {
    const page = await stage.visit('view', `/leads/${who.eve.id}`);
    await page.getByText('What happened').waitFor();
    expect(await page.getByRole('button', { name: /Pause|More commands/ }).count()).toBe(0);
    const posted = await page.evaluate<number>(`fetch('/v1/leads/${who.eve.id}/pause', { method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' }, body: '{}' })
      .then(({ status }) => status)`);
    expect(posted).toBe(403);
    await leave(page);
  });

  it('shows strangers’ markup as text', async () => {
    const page = await stage.visit('view', `/leads/${who.eve.id}`);
    await page.getByText('What it submitted').click();
    for (const summary of await page.locator('.events summary').all()) await summary.click();
    expect(await page.locator('main').innerText()).toContain('onerror=');
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).not.toBe('owned');
    await leave(page);
  });

  it('shows the beginning of an answer of a megabyte, in a page that stays small', async () => {
    const email = freshEmail('long');
    await stage.stack.post(lead(email, 'demo_request', { firstName: 'Lou' }));
    const { id: messageId } = await stage.stack.client.waitForMessage(email);
    const words = `Please call me. ${'<b>word</b> \u202e'.repeat(80_000)}`;
    expect(Buffer.byteLength(words)).toBeGreaterThan(1_000_000);
    await stage.stack.client.reply({ messageId, text: words });
    await stage.stack.lead(email, (one) => one['status'] === 'responded');
    const sizes: number[] = [];
    const page = await stage.visit('view', '/leads', VIEWS.phone);
    page.on(
      'response',
      (answer) =>
        void answer.body().then(
          ({ length }) => sizes.push(length),
          () => undefined,
        ),
    );
    await page.goto(`${stage.url}/leads/${stage.stack.idOf(email)}`);
    await page.getByText('Please call me.').first().waitFor();
    for (const summary of await page.locator('.events summary').all()) await summary.click();
    expect(await inEachView(page)).toEqual([]);
    expect(await page.locator('main b').count()).toBe(0);
    expect(Math.max(...sizes)).toBeLessThan(500_000);
    await picture(page, 'long-answer');
    await close(page);
  });

  it('shows a mail as it went out, at two widths and as text, in a frame where nothing runs', async () => {
    const page = await stage.visit('view', `/leads/${who.ana.id}`);
    await page.getByRole('button', { name: 'Read the mail' }).last().click();
    const frame = page.locator('iframe');
    await frame.waitFor();
    const sent = await stage.stack.client.waitForMessage(who.ana.email);
    await page.getByRole('dialog', { name: sent.subject }).waitFor();
    await page.getByText('Exactly the mail that went out').waitFor();
    expect(await inEachView(page, 'mail')).toEqual([]);
    expect(await frame.getAttribute('sandbox')).toBe('');
    const answer = await page.context().request.get(`${stage.url}${(await frame.getAttribute('src')) ?? ''}`);
    expect(answer.headers()['content-security-policy']).toMatch(/default-src 'none'.*sandbox/);
    const { html = '' } = sent;
    expect(await answer.text()).toContain(html.slice(0, html.indexOf('<a ')));
    await page.getByRole('button', { name: 'Phone' }).click();
    expect((await frame.boundingBox())?.width).toBe(375);
    await page.getByRole('button', { name: 'Text' }).click();
    const [first = ''] = (sent.text ?? '').split('\n');
    await page.locator('dialog pre').getByText(first).waitFor();
    await leave(page);
  });

  it('shows the lead as it was, by the keyboard, without commands', async () => {
    const page = await stage.visit('admin', `/leads/${who.ana.id}`);
    await page.getByLabel('Look at an earlier state').focus();
    await page.keyboard.press('Home');
    await page.getByText('As it was after event 1').waitFor();
    expect(await page.getByRole('button', { name: 'More commands' }).count()).toBe(0);
    await page.keyboard.press('ArrowRight');
    await page.getByText('As it was after event 2').waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('button', { name: 'More commands' }).waitFor();
    await leave(page);
  });

  it('pauses the leads that were chosen by keys, and counts the refusals by their reason', async () => {
    const page = await stage.visit('operate', '/leads?q=t');
    const chosen = page.getByRole('region', { name: 'Chosen leads' });
    await page.goto(`${stage.url}/leads`);
    await page.getByRole('link', { name: 'Klara Holm' }).focus();
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await chosen.getByText('2 chosen').waitFor();
    await page.getByLabel('Choose Erased lead').check();
    await picture(page, 'chosen');
    await chosen.getByRole('button', { name: 'Pause' }).click();
    expect(await inEachView(page)).toEqual([]);
    await page.getByLabel('Why').fill('a wrong list');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByText('1 × the lead is erased').waitFor();
    await page.getByText('2 leads changed').waitFor();
    await picture(page, 'bulk');
    expect((await types(who.klara.id)).at(-1)).toBe('lead.paused');
    await leave(page);
  });

  it('resumes all leads of a view, more than the page shows', async () => {
    const page = await stage.visit('operate', '/leads?view=paused');
    await shownLater(page, () => page.getByLabel('Choose all of this page'));
    await page.getByLabel('Choose all of this page').check();
    const paused = await page.getByRole('row').count();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByLabel('Why').fill('the list was right');
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await page
      .getByText(`${paused - 1} lead`)
      .last()
      .waitFor();
    await page.getByRole('button', { name: 'Close' }).last().click();
    await shownLater(page, () => page.getByText('No lead is like that'));
    await leave(page);
  });

  it('imports a file: its columns, what becomes of its rows, and on after a fault; nobody twice', async () => {
    const page = await stage.visit('admin', '/leads');
    await page.getByRole('link', { name: 'Import' }).press('Enter');
    await page.getByLabel('CSV file').setInputFiles({
      name: 'large.csv',
      mimeType: 'text/csv',
      buffer: Buffer.alloc(11 * 1024 * 1024, 'a'),
    });
    await page.getByText('The file has 11 MB').waitFor();
    const email = freshEmail('imported');
    const rows = ['Kontakt;Vorname;Notiz', `${email};Ole;=1+1`, 'nobody;Kim;', `${email};Ole;"a;b"`];
    const fair = { name: 'fair.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\r\n')) };
    await page.getByLabel('CSV file').setInputFiles(fair);
    await page.getByText('No column is the address').waitFor();
    expect(await inEachView(page)).toEqual([]);
    await page.getByLabel('Source').fill('webinar_fair');
    const field = page.getByLabel('Field of Kontakt');
    await field.focus();
    await page.keyboard.type('Addr');
    await page.getByText('What becomes of 3 rows').waitFor();
    expect(await field.inputValue()).toBe('email');
    await page.getByText('2 rows from webinar_fair → Content nurture').waitFor();
    // A choice counts once its preview is there, which comes later than the next frame.
    const isReadyAtOnce = await page.evaluate(`(async () => {
      const field = document.querySelector('[aria-label="Field of Notiz"]');
      field.value = 'campaign';
      field.dispatchEvent(new Event('change', { bubbles: true }));
      await new Promise(requestAnimationFrame);
      return !document.querySelector('.import-end button').disabled;
    })()`);
    expect(isReadyAtOnce).toBe(false);
    await page.getByLabel('Field of Notiz').selectOption('Kept as it is');
    await page.getByRole('button', { name: 'Import 2 rows', disabled: false }).waitFor();
    await page.getByText('Merged with row 2').waitFor();
    await page.locator('.refused-rows summary').press('Enter');
    await page.getByText('Row 3: email:').last().waitFor();
    expect(await inEachView(page, 'import')).toEqual([]);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the refused rows' }).press('Enter');
    expect((await saved).suggestedFilename()).toBe('fair.errors.csv');
    expect(await readFile(await (await saved).path(), 'utf8')).toContain('"nobody";"Kim"');
    await page.route('**/v1/leads/import?*', (route) => route.abort(), { times: 1 });
    await page.getByRole('button', { name: 'Import 2 rows' }).press('Enter');
    await page.getByText('Stopped.').waitFor();
    await page.getByText('The console does not answer').waitFor();
    expect(await inEachView(page, 'import-stopped')).toEqual([]);
    await page.getByRole('button', { name: 'Go on' }).press('Enter');
    await page.getByText('2 of 2 rows handed in').waitFor();
    expect(await inEachView(page)).toEqual([]);
    const stored = async () => (await stage.stack.jsm.streams.info('INTAKE')).state.messages;
    const before = await stored();
    await page.getByLabel('CSV file').setInputFiles([]);
    await page.getByLabel('CSV file').setInputFiles(fair);
    await page.getByLabel('Field of Kontakt').selectOption('Address');
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByText('2 of 2 rows handed in').waitFor();
    expect(await stored()).toBe(before);
    expect(await stage.stack.lead(email)).toMatchObject({ firstName: 'Ole', status: 'active' });
    await leave(page);
    const viewer = await stage.visit('operate', '/leads/import');
    await viewer.getByText('Your role may not import').waitFor();
    await leave(viewer);
  });

  it('finds a lead or a page by the keyboard, and lists its keys', async () => {
    const page = await stage.visit('view', '/');
    await page.getByRole('heading', { name: 'Needs you' }).first().waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('ana');
    await page.getByRole('option', { name: 'Ana Souza' }).waitFor();
    expect(await inEachView(page, 'find')).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ana Souza' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await inEachView(page)).toEqual([]);
    await page.getByLabel('Single keys').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('health');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Health' }).waitFor();
    await leave(page);
  });

  it('shows a version’s steps and mails, what it changes, and gives new runs another one', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'leadstream-console-'));
    await cp('sequences', dir, { recursive: true });
    const edited = async (file: string, from: string, to: string) =>
      writeFile(join(dir, file), (await readFile(join(dir, file), 'utf8')).replace(from, to));
    await edited('content-nurture/sequence.yaml', 'version: 1', 'version: 2');
    await edited('content-nurture/first-mail.md', 'Hi ', 'Hello ');
    await stage.stack.leadctl('sequences', 'deploy', dir, '--by', 'ana', '--only', 'content-nurture');
    await rm(dir, { recursive: true });
    const page = await stage.visit('admin', '/sequences');
    await shownLater(page, () => page.getByText('v2 for new runs'));
    await page.getByRole('link', { name: 'Content nurture' }).click();
    await page.getByLabel('Compare with').selectOption('v1');
    await page.getByText('+ Hello').first().waitFor();
    expect(await inEachView(page, 'compared')).toEqual([]);
    await page.getByRole('button', { name: 'About our webinar' }).first().click();
    expect(await inEachView(page)).toEqual([]);
    const framed = await page
      .context()
      .request.get(`${stage.url}${(await page.locator('iframe').getAttribute('src')) ?? ''}`);
    expect(await framed.text()).toContain('you signed up for');
    await page.getByRole('button', { name: 'Phone' }).click();
    expect((await page.locator('iframe').boundingBox())?.width).toBe(375);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Roll back to v1' }).click();
    expect(await inEachView(page)).toEqual([]);
    await page.getByLabel('Why').fill('the greeting is wrong');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back to v1' }).click();
    await page.getByRole('status').getByText('v1 is for new runs').waitFor();
    await page.getByRole('button', { name: 'Retire' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
    await page.getByText('no active sequence would be triggered').waitFor();
    await leave(page);
  });

  it('tries a post of a form service, and stores nothing', async () => {
    const page = await stage.visit('view', '/settings');
    await page.getByRole('button', { name: 'Try a post of Tally' }).click();
    await page.getByLabel('The post').fill(await readFile('apps/ingest/src/samples/tally.json', 'utf8'));
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('1 lead, as triage cleans it').waitFor();
    expect(await inEachView(page, 'tried')).toEqual([]);
    await leave(page);
  });

  it('keeps the page, with its age, while no server answers', async () => {
    const page = await stage.visit('admin', `/leads/${who.ana.id}`);
    await page.clock.install();
    await page.reload();
    await page.getByText('What happened').waitFor();
    await page.route('**/v1/**', (route) => route.abort());
    await page.clock.runFor(40_000);
    await page.getByText('As it was at').waitFor();
    await page.getByText('What happened').waitFor();
    expect(await inEachView(page, 'stale')).toEqual([]);
    await page.unroute('**/v1/**');
    await page.clock.runFor(40_000);
    await page.getByText('As it was at').waitFor({ state: 'detached' });
    await close(page);
  });

  it('says why a search is late, and finds the lead once the server answers again', async () => {
    const page = await stage.visit('view', '/leads');
    await page.getByText('Klara Holm').waitFor();
    await page.clock.install();
    const body = JSON.stringify({ code: 'UNAVAILABLE', status: 503, detail: 'MongoDB gives no answer' });
    const asked = (url: URL) => url.pathname === '/v1/leads' && url.searchParams.get('q') === 'klara';
    await page.route(asked, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body }));
    await page.getByRole('searchbox').fill('klara');
    await page.clock.runFor(500);
    await page.getByText('MongoDB gives no answer. Trying again.').waitFor();
    await picture(page, 'late');
    await eventually(async () => {
      await page.clock.runFor(5_000);
      return page.getByRole('button', { name: 'Try again' }).isVisible();
    });
    await page.unroute(asked);
    await eventually(async () => {
      await page.clock.runFor(5_000);
      return page.getByText('Klara Holm').isVisible();
    });
    expect(stage.faults.splice(0).filter((fault) => !fault.includes('status of 503'))).toEqual([]);
    await close(page);
  });

  it.each([true, false])('takes a lead from the form of the docs, with a script: %j', async (javaScriptEnabled) => {
    const form = `${stage.stack.url('ingest')}/form.html?utm_campaign=spring`;
    const html = (await readFile('docs/form.html', 'utf8')).replaceAll(
      'http://127.0.0.1:3001',
      stage.stack.url('ingest'),
    );
    const page = await stage.visit(undefined, '/login', { ...VIEWS.phone, javaScriptEnabled });
    await page.route(form, (route) => route.fulfill({ contentType: 'text/html', body: html }));
    await page.goto(form);
    const email = freshEmail('form');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('First name').fill('Ida');
    if (javaScriptEnabled) {
      expect(await inEachView(page)).toEqual([]);
      await page.evaluate('document.querySelector("[name=leave_empty]").value = "x"');
      await page.getByLabel('Email').press('Enter');
      await page.getByText('Your message was not accepted.').waitFor();
      await page.evaluate('document.querySelector("[name=leave_empty]").value = ""');
      await page.getByLabel('Phone').fill('+49 151 12345678');
      // Sooner it would be a robot's.
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 2_000 - performance.now()))');
      await page.keyboard.press('Enter');
      await page.getByText('Thank you. We have it.').waitFor();
      expect(await inEachView(page)).toEqual([]);
    } else {
      await page.getByRole('button', { name: 'Send' }).click();
      await page.waitForURL('**/v1/leads');
    }
    const { firstName, timeZone, phone } = await stage.stack.lead(email);
    expect(firstName).toBe('Ida');
    if (javaScriptEnabled) expect([timeZone, phone]).toEqual(['Europe/Berlin', '+4915112345678']);
    await leave(page);
  });

  it.each([
    ['de-DE', 'ltr'],
    ['ar-EG', 'rtl'],
  ])('lets a lead leave one series by the link of its mail, in its language: %s', async (locale, direction) => {
    const email = freshEmail('leaves');
    await stage.stack.post(lead(email, 'whitepaper', { firstName: 'Lea' }));
    const { html = '' } = await stage.stack.client.waitForMessage(email);
    const link = new URL(/https?:[^"]+\/u\/[^"]+/.exec(html)?.[0].replaceAll('&amp;', '&') ?? 'http://no.link');
    const page = await stage.visit(undefined, '/login', { locale });
    await page.goto(`${stage.stack.url('inbound')}${link.pathname}${link.search}`);
    expect(await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')).toEqual([
      locale.slice(0, 2),
      direction,
    ]);
    expect(await inEachView(page, `unsubscribe-${locale}`)).toEqual([]);
    await page.getByRole('button').first().press('Enter');
    await page.getByRole('button').first().waitFor({ state: 'detached' });
    await page.getByRole('main').waitFor();
    expect(await inEachView(page)).toEqual([]);
    await eventually(async () => {
      const all = await stage.stack.log.history(stage.stack.idOf(email));
      return all.some(({ type, data }) => type === 'lead.unsubscribed' && data.sequence === 'content-nurture');
    });
    await leave(page);
  });
});
