import { expect, it } from '@jest/globals';
import { missingLibraries, older } from './servers-binary.ts';

it('names each library that a binary lacks, once', () => {
  const ldd = [
    "./mongod: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by ./mongod)",
    "./mongod: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by ./libm.so)",
    '\tlinux-vdso.so.1 (0x00007f9381d97000)',
    '\tlibcurl.so.4 => not found',
    '\tliblzma.so.5 => /lib/x86_64-linux-gnu/liblzma.so.5 (0x00007f9381ca8000)',
  ].join('\n');
  expect(missingLibraries(ldd)).toEqual(['GLIBC_2.34', 'libcurl.so.4']);
});

it('compares versions number by number', () => {
  expect(older('2.9.10', '2.12')).toBe(true);
  expect(older('2.12.0', '2.12')).toBe(false);
  expect(older('10.0.1', '5.0')).toBe(false);
});
