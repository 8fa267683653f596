import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@leadstream/service/config';
import { config } from './config.ts';

const load = (env: Record<string, string>) =>
  loadConfig(config, {
    LEAD_ID_SECRET: 'a secret of the tests',
    DATA_KEYS: 'a data key of the tests that is long enough',
    ...env,
  });

describe('trusted sources', () => {
  it('are none by default', () => {
    expect(load({})).toMatchObject({ TRUSTED_SOURCES: [], LEADS_PER_MAILBOX: 3 });
    expect(load({}).REENROL_AFTER.toString()).toBe('P7D');
  });

  it('are keys with a name, and publishers', () => {
    expect(load({ TRUSTED_SOURCES: 'ingest/crm, billing' }).TRUSTED_SOURCES).toEqual(['ingest/crm', 'billing']);
  });

  it.each(['ingest', 'crm,ingest', 'ingest/key-1', 'ingest/key-12'])(
    'can be neither an open ingest nor a key by its place: %s',
    (sources) => {
      expect(() => load({ TRUSTED_SOURCES: sources })).toThrow('an open ingest is never trusted');
    },
  );
});
