import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseFolder, type Folder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { isLong } from '@leadstream/testing/long';
import { chance } from '../../chaos/chance.ts';
import { freshEmail, startStack, trustedCaller, type Stack } from '../stack.ts';
import { simulated } from './crowd.ts';
import { FATES, TICK_MS } from './fates.ts';
import { richFolder } from './folder.ts';
import { Pipeline, SteppedClock, type Person } from './pipeline.ts';

/** A Thursday; Europe's clocks change on Sunday the 31st, Sydney's on the 7th of April. */
const START_MS = Date.parse('2030-03-28T08:00:00Z');
const UNTIL_MS = START_MS + 21 * 86_400_000;
const LEADS = isLong ? 200 : FATES.length;

const SOURCES = [
  'whitepaper',
  'webinar_scaling',
  'ebook',
  'demo_request',
  'contact_form',
  'content_download_kubernetes_guide',
];
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney', 'Asia/Riyadh', 'Asia/Kolkata'];
const equally = <T>(values: readonly T[]) => values.map((value) => [value, 1] as const);

const { pick } = chance(15, 'leads');
const people: Person[] = Array.from({ length: LEADS }, (_, index) => ({
  email: freshEmail('simulated'),
  source: pick(equally(SOURCES)),
  timeZone: pick(equally(ZONES)),
  arrivesMs: START_MS + pick(equally([0, 1, 20, 60, 100, 150])) * TICK_MS,
  fate: FATES[index % FATES.length] as Person['fate'],
}));

describe('the simulator and the services', () => {
  const clock = new SteppedClock(START_MS - TICK_MS);
  let stack: Stack;
  let folder: Folder;
  let dir: string;
  beforeAll(async () => {
    const { dir: written, files } = await richFolder();
    dir = written;
    folder = parseFolder(files);
    expect(lint(folder)).toEqual([]);
    stack = await startStack({
      clock: clock.now,
      env: { ...trustedCaller, DELAY_SCALE: '1', ESP_TIMEOUT_MS: '3000', SEQUENCES_DIR: dir },
    });
  });
  afterAll(async () => {
    await stack.stop();
    await rm(dir, { recursive: true });
  });

  it('send each lead the same mails at the same times, and hold back the same', async () => {
    const expected = await simulated(people, stack.idOf, folder, UNTIL_MS);
    const actual = await new Pipeline(stack, clock, people, folder.sequences).run(UNTIL_MS);
    for (const { email, fate, source, timeZone } of people) {
      const id = stack.idOf(email);
      expect({ fate: fate.name, source, timeZone, ...actual.get(id) }).toEqual({
        fate: fate.name,
        source,
        timeZone,
        ...expected.get(id),
      });
    }
    const mails = [...actual.values()].flatMap((course) => course.mails);
    expect(mails.length).toBeGreaterThan(LEADS);
  });
});
