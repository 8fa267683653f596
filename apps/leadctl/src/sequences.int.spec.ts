import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startNats, type Server } from '@leadstream/testing/servers';
import { command } from './testing/command.ts';

describe('leadctl sequences', () => {
  let nats: Server;
  let dir: string;
  beforeEach(async () => {
    nats = await startNats();
    dir = await mkdtemp(join(tmpdir(), 'leadstream-deploy-'));
    await cp('sequences', dir, { recursive: true });
  });
  afterEach(async () => {
    await nats.stop();
    await rm(dir, { recursive: true });
  });

  const sequences = (...argv: string[]) =>
    command(['sequences', ...argv], {
      NATS_URL: nats.url,
      SEQUENCES_DIR: dir,
      MONGODB_URI: 'mongodb://127.0.0.1:1/none',
    });
  const edit = async (file: string, change: (text: string) => string) =>
    writeFile(join(dir, file), change(await readFile(join(dir, file), 'utf8')));
  /** A new text under the next version. */
  const reword = async (version: number, words: string) => {
    await edit('content-nurture/sequence.yaml', (text) => text.replace(/^version: .*$/m, `version: ${version}`));
    await edit('content-nurture/first-mail.md', (text) => `${text.trimEnd()}\n\n${words}\n`);
  };
  const listed = async () => {
    const { out } = await sequences('list', '--json');
    return (JSON.parse(out) as { id: string }[]).find(({ id }) => id === 'content-nurture');
  };

  it('shows a change, deploys it, rolls it back, and lists who did what', async () => {
    expect(await sequences('deploy', '--by', 'ana')).toMatchObject({ code: 0 });
    await reword(2, 'See you soon.');
    expect((await sequences('diff', 'content-nurture')).out).toMatch(
      /content-nurture\/first-mail\.md\n[^]*\n\+ See you soon\.\n[^]*sequence\.yaml\n[^]*\n- version: 1\n\+ version: 2\n/,
    );
    expect((await sequences('deploy', '--by', 'ana', '--dry-run')).out).toMatch(
      /^content-nurture v2 {2}would be deployed, for new runs in place of v1$[^]*^nothing was deployed$/m,
    );
    expect(await listed()).toMatchObject({ active: 1, versions: [1] });
    await sequences('deploy', '--by', 'ben');
    expect((await sequences('diff', 'content-nurture')).out).toBe('no difference\n');
    expect((await sequences('diff', 'content-nurture', '1', '2')).out).toContain('+ See you soon.');
    expect((await sequences('rollback', 'content-nurture', '--by', 'cem', '--reason', 'too short')).out).toBe(
      'content-nurture v1  is active for new runs in place of v2\n',
    );
    expect(await listed()).toMatchObject({
      active: 1,
      versions: [1, 2],
      runs: null,
      history: [
        { does: 'deploy', version: 1, by: 'ana' },
        { does: 'deploy', version: 2, by: 'ben' },
        { does: 'rollback', version: 1, by: 'cem', reason: 'too short' },
      ],
    });
    const again = await sequences('deploy', '--by', 'ana');
    expect(again.out).toContain('content-nurture v2  not activated: it was active before, and v1 is now;');
  });

  it('refuses a broken sequence by file, line and reason, and deploys the others with --only', async () => {
    await sequences('deploy');
    await reword(2, 'Hello {{ first_name }}');
    await edit('sales-demo/sequence.yaml', (text) => text.replace(/^version: .*$/m, 'version: 2'));
    const refused = await sequences('deploy', '--by', 'ana');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/^leadctl: nothing was deployed\ncontent-nurture\/first-mail\.md:\d+: .*fallback/);
    expect(await sequences('deploy', '--by', 'ana', '--only', 'sales-demo')).toMatchObject({
      code: 0,
      out: 'sales-demo v2  deployed, for new runs in place of v1\n',
    });
    expect(await listed()).toMatchObject({ active: 1, versions: [1] });
  });

  it('refuses what does not apply, with the reason', async () => {
    await sequences('deploy');
    expect(await sequences('retire', 'content-nurture', '--by', 'ana')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no active sequence would be triggered by source:whitepaper'),
    });
    expect(await sequences('rollback', 'nothing', '--by', 'ana')).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        'no sequence nothing is deployed; there are booked-meeting, canary, content-nurture',
      ),
    });
    expect((await sequences('diff', 'content-nurture', '7')).err).toContain('it has 1');
    expect(await sequences('rollback', 'content-nurture')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--by'),
    });
  });
});
