import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { clock } from './clock.ts';
import {
  businessHoursOf,
  ConfigError,
  every,
  leadIdSecret,
  loadConfig,
  mongo,
  officeHours,
  scale,
  secret,
  tokenSecret,
} from './config.ts';

const schema = z.object({ ...every(3011), ...mongo, ...scale, ...leadIdSecret, ...tokenSecret });
const secrets = { LEAD_ID_SECRET: 'sixteen characters', TOKEN_SECRET: 'the newer of two, the older of both' };

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('the environment', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'leadstream-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('names one user of MongoDB, with the password’s file', () => {
    const MONGODB_PASSWORD_FILE = file('mongodb', 'a word\n');
    const login = { ...secrets, MONGODB_PASSWORD_FILE };
    expect(problemsOf(login)).toEqual(['MONGODB_USER: is required with MONGODB_PASSWORD']);
    const named = { ...login, MONGODB_USER: 'triage', MONGODB_URI: 'mongodb://mongodb:27017/leadstream' };
    expect(loadConfig(schema, named)).toMatchObject({ MONGODB_USER: 'triage', MONGODB_PASSWORD: 'a word' });
    const root = { ...named, MONGODB_URI: 'mongodb://root:word@mongodb:27017/leadstream' };
    expect(problemsOf(root)).toEqual(['MONGODB_URI: has a user beside that of MONGODB_PASSWORD']);
    // The name alone is the pod's, where MongoDB has no users.
    expect(problemsOf({ ...secrets, MONGODB_USER: 'triage', MONGODB_URI: root.MONGODB_URI })).toEqual([]);
  });

  it('needs nothing but the secrets', () => {
    expect(loadConfig(schema, secrets)).toEqual({
      HOST: '0.0.0.0',
      PORT: 3011,
      TRUST_PROXY: false,
      HTTP_CONNECTIONS_MAX: 2_000,
      HTTP_HELD_BYTES_MAX: 67_108_864,
      LOG_LEVEL: 'info',
      NATS_URL: 'nats://127.0.0.1:4222',
      STREAM_REPLICAS: 1,
      MONGODB_URI: 'mongodb://127.0.0.1:27017/leadstream',
      DELAY_SCALE: 1,
      LEAD_ID_SECRET: 'sixteen characters',
      TOKEN_SECRET: ['the newer of two', 'the older of both'],
    });
  });

  it('is refused with all its problems at once, by name', () => {
    expect(
      problemsOf({
        LEAD_ID_SECRET: 'short',
        PORT: 'http',
        DELAY_SCALE: '0',
        CLOCK_OFFSET: 'P1M',
        MONGODB_URI: 'localhost',
      }),
    ).toEqual([
      'PORT: must be a whole number',
      'CLOCK_OFFSET: must be an ISO 8601 duration in days or smaller units, e.g. P3DT4H',
      'MONGODB_URI: must begin with mongodb:// or mongodb+srv://',
      'DELAY_SCALE: must be above 0',
      'LEAD_ID_SECRET: must have at least 16 characters',
      'TOKEN_SECRET: is required',
    ]);
  });

  it('never has its values quoted in a refusal', () => {
    const text = problemsOf({
      LEAD_ID_SECRET: 'hunter2',
      TOKEN_SECRET: 'hunter2, and a long enough one',
      LOG_LEVEL: 'hunter2',
      STREAM_REPLICAS: 'hunter2',
    }).join('\n');
    expect(text).not.toBe('');
    expect(text).not.toContain('hunter2');
  });

  it('has the business hours of all countries, and the days of some', () => {
    const hours = (env: Record<string, string>) => businessHoursOf(loadConfig(z.object(officeHours), env));
    expect(hours({})).toEqual({ from: '09:15', to: '17:30', days: {}, holidays: [] });
    expect(hours({ BUSINESS_HOURS: '08:00-24:00', WORKING_DAYS: 'AE=1234, *=12345' })).toEqual({
      from: '08:00',
      to: '24:00',
      days: { AE: [1, 2, 3, 4], '*': [1, 2, 3, 4, 5] },
      holidays: [],
    });
    expect(hours({ HOLIDAYS: 'by-country, 12-24, DE=2026-12-31' }).holidays).toEqual([
      'by-country',
      '12-24',
      'DE=2026-12-31',
    ]);
    expect(hours({ HOLIDAYS: 'none' }).holidays).toEqual([]);
    for (const HOLIDAYS of ['all', '02-30', '2026-13-01', 'Germany=12-24', '2025-02-29'])
      expect(() => hours({ HOLIDAYS })).toThrow('by-country, or a date like 12-24');
    for (const BUSINESS_HOURS of ['9-17', '17:30-09:15', '09:15-09:15', '09:15-25:00', '09:60-17:00'])
      expect(() => hours({ BUSINESS_HOURS })).toThrow('BUSINESS_HOURS: must be like 09:15-17:30');
    for (const WORKING_DAYS of ['AE', 'AE=', 'AE=8', 'ae=1', 'AE=1-5'])
      expect(() => hours({ WORKING_DAYS })).toThrow('must be like AE=1234 or *=12345');
  });

  it('counts an empty string as unset', () => {
    expect(problemsOf({ ...secrets, LEAD_ID_SECRET: '' })).toEqual(['LEAD_ID_SECRET: is required']);
    expect(loadConfig(schema, { ...secrets, PORT: '' }).PORT).toBe(3011);
  });

  it('may name the file of a secret, whose last line end is not part of it', () => {
    const config = loadConfig(schema, {
      TOKEN_SECRET: secrets.TOKEN_SECRET,
      LEAD_ID_SECRET_FILE: file('id', 'from a mounted file\n'),
    });
    expect(config.LEAD_ID_SECRET).toBe('from a mounted file');
  });

  it('names the file of an optional secret too', () => {
    const optional = z.object({ KEY: secret(z.string()).optional(), KEYS: secret(z.string()).default('none') });
    expect(loadConfig(optional, { KEY_FILE: file('key', 'k'), KEYS_FILE: file('keys', 'ks') })).toEqual({
      KEY: 'k',
      KEYS: 'ks',
    });
  });

  it('is refused when a secret cannot be read or is given twice', () => {
    expect(problemsOf({ TOKEN_SECRET: secrets.TOKEN_SECRET, LEAD_ID_SECRET_FILE: join(folder, 'none') })).toEqual([
      'LEAD_ID_SECRET: LEAD_ID_SECRET_FILE cannot be read (ENOENT)',
    ]);
    expect(problemsOf({ ...secrets, LEAD_ID_SECRET_FILE: file('id', 'x') })).toEqual([
      'LEAD_ID_SECRET: is set twice, also by LEAD_ID_SECRET_FILE',
    ]);
  });

  it('names no file for what is no secret', () => {
    expect(loadConfig(schema, { ...secrets, HOST_FILE: file('host', 'elsewhere') }).HOST).toBe('0.0.0.0');
  });

  it('takes a port as 0, and proxies as a flag, a number of hops or addresses', () => {
    const proxy = (TRUST_PROXY: string) => loadConfig(schema, { ...secrets, TRUST_PROXY, PORT: '0' }).TRUST_PROXY;
    expect(proxy('true')).toBe(true);
    expect(proxy('10.0.0.0/8, 127.0.0.1')).toEqual(['10.0.0.0/8', '127.0.0.1']);
    const hops = proxy('2');
    expect(typeof hops === 'function' && [0, 1, 2].map((hop) => hops('192.0.2.1', hop))).toEqual([true, true, false]);
  });

  it.each(['foo', '1.5', '-1', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.1/x', '::1/129', '127.0.0.1, proxy.example'])(
    'has no proxy %j, and says so as of any other value',
    (TRUST_PROXY) => {
      expect(problemsOf({ ...secrets, TRUST_PROXY })).toEqual([
        'TRUST_PROXY: must be true, false, how many proxies there are, or their addresses',
      ]);
    },
  );

  it('takes proxies of either family, and the names of the private networks', () => {
    expect(
      loadConfig(schema, { ...secrets, TRUST_PROXY: 'loopback, uniquelocal, ::1, fd00::/8,' }).TRUST_PROXY,
    ).toEqual(['loopback', 'uniquelocal', '::1', 'fd00::/8']);
  });

  it('shifts the clock, days counting as 24 hours', () => {
    const { CLOCK_OFFSET } = loadConfig(schema, { ...secrets, CLOCK_OFFSET: '-P2DT1H' });
    const shiftMs = clock(CLOCK_OFFSET)().epochMilliseconds - clock()().epochMilliseconds;
    expect(Math.round(shiftMs / 3_600_000)).toBe(-49);
  });
});
