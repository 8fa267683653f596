import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { leadctl } from './program.ts';
import { command } from './testing/command.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leadstream-preview-'));
  await cp('sequences', dir, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

const edit = async (file: string, change: (text: string) => string) =>
  writeFile(join(dir, file), change(await readFile(join(dir, file), 'utf8')));
const breakIt = () => edit('sales-demo/confirmation.md', (text) => `${text}\n{{ first_name }}\n`);
const preview = (...argv: string[]) => command(['sequences', 'preview', dir, ...argv], { FROM_NAME: 'Sam <b>& Co' });
const written = async (): Promise<string> => {
  const file = join(dir, 'page.html');
  expect(await preview('--out', file)).toMatchObject({ code: 0, out: `${file} written\n` });
  return readFile(file, 'utf8');
};

describe('the page of the mails', () => {
  it('has each mail for a full and for an empty lead, as HTML in a closed frame and as text', async () => {
    const html = await written();
    const mails = JSON.parse((await preview('--json')).out) as { lead: string; text: string; step: string }[];
    expect(html.match(/<iframe /g)).toHaveLength(mails.length);
    expect(html.match(/<iframe [^>]*sandbox[ =>]/g)).toHaveLength(mails.length);
    expect(html).not.toMatch(/<iframe [^>]*allow/);
    expect(html.match(/<pre>/g)).toHaveLength(mails.length);
    expect(new Set(mails.map(({ lead }) => lead))).toEqual(new Set(['full', 'empty']));
  });

  it('needs nothing from outside, runs no script, and shows a setting as text', async () => {
    const html = await written();
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).toContain('default-src &#39;none&#39;');
    expect(policy).not.toMatch(/unsafe-inline|script-src|connect-src/);
    const styles = [...html.matchAll(/ style=&quot;(.*?)&quot;/g)].map(([, style = '']) => style);
    expect(styles.length).toBeGreaterThan(0);
    for (const style of styles)
      expect(policy).toContain(createHash('sha256').update(style).digest('base64').replaceAll('&', '&amp;'));
    expect(html).not.toMatch(/<script|<link |<img |src="/);
    expect(html).toContain('Sam &lt;b&gt;&amp; Co');
    expect(html).not.toContain('Sam <b>');
  });

  it('shows a framed mail as its own document, with the styles of the frame and the https picture', async () => {
    await edit(
      'sales-demo/sequence.yaml',
      (text) => `${text}frame:
  colors: { text: '#777777' }
  logo: { url: https://acme.example/logo.png, alt: Acme, width: 160, height: 40 }
`,
    );
    const html = await written();
    const [, style = ''] = /&lt;style&gt;(:root[^]*?)&lt;\/style&gt;/.exec(html) ?? [];
    expect(style).toContain('prefers-color-scheme:dark');
    expect(html).toContain(createHash('sha256').update(style).digest('base64'));
    expect(html).toMatch(/srcdoc="&lt;!doctype html&gt;[^"]*src=&quot;https:\/\/acme\.example\/logo\.png&quot;/);
    expect(html).toMatch(/<h2 id="problems">2 warnings<\/h2><ul>.*sequence\.yaml:\d+<\/code> Warning: text #777777/s);
  });

  it('names each problem by file and line, and says of a mail that cannot be written why', async () => {
    await breakIt();
    const html = await written();
    expect(html).toMatch(/<h2 id="problems">1 problem<\/h2>.*<code>sales-demo\/confirmation\.md:\d+<\/code>/s);
    expect(html).toContain('No mail: ');
    expect(html).toContain('Content nurture');
  });
});

describe('the server of the page', () => {
  let url: string;
  let interrupt: () => void;
  let ended: Promise<number>;
  beforeEach(async () => {
    let out = '';
    interrupt = () => undefined;
    ended = leadctl(['sequences', 'preview', dir], {
      env: {},
      isTTY: false,
      out: (text) => void (out += text),
      err: () => undefined,
      input: () => Promise.resolve(Buffer.from('')),
      onInterrupt: (then) => void (interrupt = then),
    });
    url = await eventually(() => /^http:\/\/127\.0\.0\.1:\d+$/m.exec(out)?.[0]);
  });
  afterEach(async () => {
    interrupt();
    expect(await ended).toBe(0);
  });

  const statusFor = (headers: Record<string, string>, method = 'GET'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(url, { headers, method }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });

  it('gives the page to this machine only, under its policy', async () => {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'$/);
    expect(await response.text()).toContain('Content nurture');
    expect(await statusFor({ host: 'rebound.example' })).toBe(403);
    expect(await statusFor({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await statusFor({}, 'POST')).toBe(405);
    expect((await fetch(`${url}/sequence.yaml`)).status).toBe(404);
  });

  it('tells open pages of each change, and shows the folder as it is', async () => {
    const changes = await fetch(`${url}/changes`);
    const reader = changes.body?.pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    void reader?.read().then(({ value }) => (told = value ?? ''));
    // The watch of the folder may begin after the first change.
    await eventually(async () => {
      await breakIt();
      return told;
    });
    expect(told).toContain('event: changed');
    expect(await (await fetch(url)).text()).toMatch(/\d problems?<\/h2>/);
    await reader?.cancel();
  });
});

it.each([
  ['a folder that is missing', ['/nowhere'], 'there is no folder /nowhere'],
  ['a port that is none', ['sequences', '--port', 'http'], '--port: must be 0 to 65535'],
])('refuses %s', async (_, args, says) => {
  expect(await command(['sequences', 'preview', ...args], {})).toMatchObject({
    code: 1,
    err: expect.stringContaining(says),
  });
});
