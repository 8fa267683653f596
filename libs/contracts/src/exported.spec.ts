import { describe, expect, it } from '@jest/globals';
import { exported, exportedData, WITHHELD, type Withheld } from './exported.ts';
import type { EventType } from './events.ts';
import { personal } from './personal.ts';

const triaged = {
  contact: { email: 'jane@example.com', address: 'jane@example.com' },
  zone: { id: 'Europe/Berlin', evidence: '+49 30' },
  dossier: { campaign: 'q4' },
  tags: ['source:whitepaper'],
  unknown: 'jane',
};
const all = (...names: Withheld[]): ReadonlySet<Withheld> => new Set(names);

describe('the data of an event in an export', () => {
  it('has no personal field without a name, at any depth, and none without a rule', () => {
    expect(exportedData('lead.triaged', triaged, all())).toEqual({
      zone: { id: 'Europe/Berlin' },
      tags: ['source:whitepaper'],
    });
  });

  it('has the fields of a named class, and of no other', () => {
    expect(exportedData('lead.triaged', triaged, all('fields'))).toEqual({
      zone: { id: 'Europe/Berlin' },
      tags: ['source:whitepaper'],
      dossier: { campaign: 'q4' },
    });
  });

  it('has a status code, and not the text that a mail server may write in its place', () => {
    const status = (text: string, ...names: Withheld[]) =>
      exportedData('lead.bounced', { status: text }, all(...names))['status'];
    expect([status('5.1.1'), status('5.1.1 jane'), status('5.1.1 jane', 'text')]).toEqual([
      '5.1.1',
      undefined,
      '5.1.1 jane',
    ]);
  });

  it('withholds every field that is sealed in the log', () => {
    const open: string[] = [];
    const compare = (path: string, sealed: unknown, rule: unknown): void => {
      const isInner = (it: unknown): it is { of: object } => typeof it === 'object' && it !== null && 'of' in it;
      if (isInner(sealed) && isInner(rule))
        for (const [name, inner] of Object.entries(sealed.of))
          compare(`${path}.${name}`, inner, (rule.of as Record<string, unknown>)[name]);
      else if (sealed !== false && rule === 'open') open.push(path);
    };
    for (const type of Object.keys(personal) as EventType[])
      for (const [name, sealed] of Object.entries(personal[type]))
        compare(`${type}.${name}`, sealed, (exported[type] as Record<string, unknown>)[name]);
    expect(open).toEqual([]);
    expect(Object.keys(WITHHELD)).toEqual(['contact', 'text', 'fields', 'operators']);
  });
});
