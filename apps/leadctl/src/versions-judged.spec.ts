import { describe, expect, it } from '@jest/globals';
import type { ProcessVersion } from '@leadstream/service/running-versions';
import { shownVersions, skewOf } from './versions-judged.ts';

const BUILD = { version: '0.2.0', stateVersion: 7, events: 'aaaa1111' };
const SERVICES = ['ingest', 'triage', 'scheduler', 'sender', 'inbound', 'projector'];
const processOf = (service: string, over: Partial<ProcessVersion> = {}): ProcessVersion => ({
  services: [service],
  ...BUILD,
  host: 'pod-1',
  pid: 7,
  startedAt: '2026-11-30T02:00:00Z',
  ...over,
});
const all = SERVICES.map((service) => processOf(service));
const skew = (processes: ProcessVersion[], unreadable = 0) => skewOf({ processes, unreadable }, BUILD);

describe('the versions of the running processes', () => {
  it('are one build, also of all services in one process', () => {
    expect(skew(all)).toEqual([]);
    expect(skew([processOf('x', { services: SERVICES })])).toEqual([]);
    expect(shownVersions({ processes: all, unreadable: 0 }, BUILD)).toMatch(/one build everywhere$/);
  });

  it.each<[string, Partial<ProcessVersion>]>([
    ['another version', { version: '0.1.0' }],
    ['another state version', { stateVersion: 6 }],
    ['other event types', { events: 'bbbb2222' }],
  ])('are skewed by one process of %s, which is named', (_, over) => {
    const said = skew([...all, processOf('sender', over)]);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^skew: 2 builds run side by side: .* in sender$/);
  });

  it('are skewed when no process is of the build of leadctl', () => {
    const older = all.map((process) => ({ ...process, stateVersion: 6 }));
    expect(skew(older)).toEqual([expect.stringMatching(/^skew: leadctl is 0\.2\.0 \(state 7, .*, no process is/)]);
  });

  it('name a service without an answer, and count answers that cannot be read', () => {
    const said = skew(all.slice(1), 2);
    expect(said).toEqual([
      '2 answers cannot be read: of another version than leadctl’s',
      expect.stringMatching(/^no answer of ingest: /),
    ]);
  });
});
