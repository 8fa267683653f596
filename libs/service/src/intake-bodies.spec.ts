import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { installed, readIntake } from './intake-folder.ts';
import { triedPost } from './intake-tried.ts';

/** A post in the format of a form service, and what a careful person would make of it. */
interface Case {
  service: string;
  about: string;
  body: unknown;
  expected: 'ignored' | 'refused' | { lead: Record<string, string>; says: string[] };
}
const cases = JSON.parse(
  readFileSync(new URL('../../testing/src/form-bodies.json', import.meta.url), 'utf8'),
) as Case[];
const { adapters, problems } = readIntake(installed('intake'));

describe('a post of a form service', () => {
  it('has 60 cases, several of each service', () => {
    expect(problems).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(60);
    for (const name of adapters.keys())
      expect([name, cases.filter(({ service }) => service === name).length >= 5]).toEqual([name, true]);
  });

  it.each(cases)('$service, $about', async ({ service, body, expected }) => {
    const adapter = adapters.get(service);
    if (!adapter) throw new Error(`no file for ${service}`);
    const posted = { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(body)) };
    const leads = await triedPost(adapter, posted, { defaultRegion: 'US' });
    if (expected === 'ignored') return expect(leads).toEqual([]);
    if (expected === 'refused') return expect(leads).toMatchObject([{ isTaken: false }]);
    expect(leads).toMatchObject([{ isTaken: true, shown: { contact: expected.lead } }]);
    const shown = JSON.stringify(leads);
    for (const words of expected.says) expect(shown).toContain(words);
  });

  it('is shown as its lead, without what the clean-up of a phone number found out besides', async () => {
    const adapter = adapters.get('generic');
    if (!adapter) throw new Error('no file for generic');
    const bytes = Buffer.from(JSON.stringify({ email: 'jane@example.com', phone: '+1 415 555 2671' }));
    const [lead] = await triedPost(adapter, { contentType: 'application/json', bytes }, { defaultRegion: 'US' });
    expect(lead?.shown).toMatchObject({ contact: { phone: '+14155552671' } });
    expect(Object.keys(lead?.shown ?? {}).sort()).toEqual(['changes', 'contact', 'dossier']);
  });
});
