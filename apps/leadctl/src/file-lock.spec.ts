import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempDisposableSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { lockFile } from './file-lock.ts';

describe('the lock of a file', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'file-lock-'));
  afterAll(() => folder.remove());
  const path = join(folder.path, 'report.lock');

  it('is held by one, and leaves no file', () => {
    {
      using _first = lockFile(path, 'in use');
      expect(statSync(path).mode & 0o077).toBe(0);
      // The refusal of the first one may not end the lock.
      expect(() => lockFile(path, 'in use')).toThrow('in use');
      expect(() => lockFile(path, 'in use')).toThrow('in use');
    }
    expect(existsSync(path)).toBe(false);
    lockFile(path, 'in use')[Symbol.dispose]();
  });

  it('is held by another process until it is killed, and its file then locks nothing', async () => {
    const held = `import { lockFile } from './file-lock.ts';
      globalThis.lock = lockFile(process.argv[1], 'in use');
      console.log('held');
      setInterval(() => {}, 1_000);`;
    const argv = ['--input-type=module-typescript', '-e', held, path];
    const child = execFile(process.execPath, argv, { cwd: import.meta.dirname });
    await once(child.stdout ?? child, 'data');
    expect(() => lockFile(path, 'in use')).toThrow('in use');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(true);
    lockFile(path, 'in use')[Symbol.dispose]();
    expect(existsSync(path)).toBe(false);
  });

  it('is told apart from another fault', () => {
    expect(() => lockFile(join(folder.path, 'missing', 'report.lock'), 'in use')).toThrow('ENOENT');
  });
});
