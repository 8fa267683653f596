import { describe, expect, it } from '@jest/globals';
import { logOf, logStreams } from './streams.ts';

/** The id of the nth lead: only its first digits count. */
const idOf = (n: number): string => `${n.toString(16).padStart(8, '0')}-0000-8000-8000-000000000000`;

describe('the log', () => {
  it('is one stream, whatever the ids of its leads', () => {
    expect(logStreams(1).map(({ stream, subject }) => [stream, subject('*', '*')])).toEqual([['LEADS', 'leads.*.*']]);
    const { stream, subject, filter } = logOf('lead-1', 1);
    expect([stream, subject('sent'), filter]).toEqual(['LEADS', 'leads.lead-1.sent', 'leads.lead-1.>']);
  });

  it('of 4 partitions has each lead in one of them', () => {
    expect(logStreams(4).map(({ stream, subject }) => [stream, subject('*', 'sent')])).toEqual([
      ['LEADS-0of4', 'leads-0.*.sent'],
      ['LEADS-1of4', 'leads-1.*.sent'],
      ['LEADS-2of4', 'leads-2.*.sent'],
      ['LEADS-3of4', 'leads-3.*.sent'],
    ]);
    const { stream, subject, filter } = logOf(idOf(7), 4);
    expect([stream, subject('sent'), filter]).toEqual([
      'LEADS-3of4',
      `leads-3.${idOf(7)}.sent`,
      `leads-3.${idOf(7)}.>`,
    ]);
  });

  it.each(['*', '>', 'a.b', ''])('has no lead %j', (id) => {
    expect(() => logOf(id, 1)).toThrow(TypeError);
    expect(() => logOf(id, 4)).toThrow(TypeError);
  });

  it('of partitions has no lead whose id has none', () => {
    expect(() => logOf('lead-1', 4)).toThrow('a lead id begins with 8 hexadecimal digits');
  });
});
