import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  ca: string;
  cert: string;
  key: string;
  /** Both in one file, as MongoDB takes them. */
  both: string;
}

/** A certificate authority in a folder, by the command openssl; each certificate has DNS names, as cert-manager's. */
export class Authority {
  readonly #dir: string;
  readonly #name: string;

  private constructor(dir: string, name: string) {
    this.#dir = dir;
    this.#name = name;
  }

  get ca(): string {
    return join(this.#dir, `${this.#name}.crt`);
  }

  static async create(dir: string, name = 'ca'): Promise<Authority> {
    const authority = new Authority(dir, name);
    const key = join(dir, `${name}.key`);
    const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes'];
    await run('openssl', ['req', '-x509', ...KEY, '-keyout', key, '-out', authority.ca, ...subject]);
    return authority;
  }

  async issue(name: string, names: readonly string[] = [`DNS:${name}`]): Promise<Certificate> {
    const of = (end: string) => join(this.#dir, `${name}.${end}`);
    const [cert, key, both] = [of('crt'), of('key'), of('pem')];
    await writeFile(of('ext'), `subjectAltName=${names.join(',')}\n`);
    await run('openssl', ['req', ...KEY, '-nodes', '-keyout', key, '-out', of('csr'), '-subj', `/CN=${name}`]);
    const by = ['-CA', this.ca, '-CAkey', join(this.#dir, `${this.#name}.key`), '-CAcreateserial', '-days', '2'];
    await run('openssl', ['x509', '-req', '-in', of('csr'), ...by, '-extfile', of('ext'), '-out', cert]);
    await writeFile(both, (await readFile(cert, 'utf8')) + (await readFile(key, 'utf8')));
    return { ca: this.ca, cert, key, both };
  }
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
