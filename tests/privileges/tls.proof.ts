import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { MongoClient } from 'mongodb';
import { services } from '../e2e/stack.ts';
import { Authority, type Certificate } from './certificates.ts';
import { secured } from './secured.ts';

/** Whether the server on this port has a certificate of the authority. */
async function isOf(authority: string, port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(authority), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { authorized } = socket;
  socket.destroy();
  return authorized;
}

let house: Awaited<ReturnType<typeof secured>>;
let ingest: Running;

beforeAll(async () => {
  house = await secured();
  expect(await house.leadctl('provision', 'provision')).toMatchObject({ code: 0, err: '' });
  ingest = await start(services.ingest, { ...house.settings('ingest'), LOG_LEVEL: 'silent' });
  await ingest.ready;
});

afterAll(async () => {
  await ingest.stop();
  await house.stop();
});

/** The files of the authority and of both servers are of another one. */
async function replaced(): Promise<Authority> {
  const authority = await Authority.create(house.dir);
  await authority.issue('server', ['DNS:localhost', 'IP:127.0.0.1']);
  return authority;
}

const ready = async (): Promise<boolean> => (await fetch(`${ingest.url}/readyz`)).ok;

describe('another authority, with new certificates', () => {
  it('is shown by mongod after rotateCertificates, without a restart', async () => {
    const { port } = house.mongo;
    const tlsCAFile = join(house.dir, 'ca.crt');
    // The answers of a connection that is open need no certificate.
    const root = new MongoClient(`mongodb://root:root@127.0.0.1:${port}/?authSource=admin`, {
      tls: true,
      tlsCAFile,
      directConnection: true,
    });
    await root.connect();
    await replaced();
    expect(await isOf(tlsCAFile, port)).toBe(false);
    await root.db('admin').command({ rotateCertificates: 1 });
    expect(await isOf(tlsCAFile, port)).toBe(true);
    await root.close();
  });

  it('is read by a service at its next connect to NATS, without a restart', async () => {
    const authority = await replaced();
    await house.nats.restart();
    // The server takes nobody of the old authority.
    await eventually(async () => !(await ready()));
    await expect(house.connect('ingest')).rejects.toThrow();
    await authority.issue('ingest');
    await eventually(ready);
  });
});

describe('a collector that asks for a certificate', () => {
  const dir = mkdtempSync(join(tmpdir(), 'leadstream-collector-'));
  const posts: string[] = [];
  let client: Certificate;
  let collector: ReturnType<typeof createServer>;

  beforeAll(async () => {
    const authority = await Authority.create(dir);
    const { ca, cert, key } = await authority.issue('collector', ['IP:127.0.0.1']);
    client = await authority.issue('ingest');
    const [caOf, certOf, keyOf] = [ca, cert, key].map((file) => readFileSync(file));
    const tls = { ca: caOf, cert: certOf, key: keyOf, requestCert: true, rejectUnauthorized: true };
    collector = createServer(tls, (request, answer) => {
      const name = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate().subject.CN : undefined;
      posts.push(`${request.method} ${request.url} by ${String(name)}`);
      request.resume().on('end', () => answer.end());
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
  });

  afterAll(() => {
    collector.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The posts of spans by one process with this environment. */
  async function exported(env: Record<string, string>): Promise<string[]> {
    posts.length = 0;
    const { port } = collector.address() as AddressInfo;
    const script = join(import.meta.dirname, 'traced.ts');
    await promisify(execFile)(process.execPath, ['--conditions=@leadstream/source', script], {
      env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${port}`, ...env },
    });
    return [...posts];
  }

  it('gets spans from a process that has one', async () => {
    const { ca, cert, key } = client;
    const known = { OTEL_EXPORTER_OTLP_CERTIFICATE: ca };
    const shown = { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: cert, OTEL_EXPORTER_OTLP_CLIENT_KEY: key };
    expect(await exported({ ...known, ...shown })).toEqual(['POST /v1/traces by ingest']);
    expect(await exported(known)).toEqual([]);
    expect(await exported(shown)).toEqual([]);
  });
});
