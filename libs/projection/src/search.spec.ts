import { describe, expect, it } from '@jest/globals';
import { searchedOf, searchKeysOf } from './search.ts';

const isFound = (view: Record<string, unknown>, asked: string) =>
  searchKeysOf(view).some((key) => key.startsWith(searchedOf(asked)));

describe('a search', () => {
  const jane = {
    email: 'Jane.Doe@Bücher.Nordlicht-Energie.example',
    address: 'jane.doe@xn--bcher-kva.nordlicht-energie.example',
    firstName: 'Jane',
    lastName: 'von Doe-Souza',
    phone: '+4915112345678',
  };

  it.each([
    'JANE.d',
    'jane.doe@xn--',
    'bücher.nord',
    'xn--bcher',
    'jane von d',
    'Von',
    '+49 151 123',
    '+49 (151) 12-34',
    '49151',
    '  jane ',
    'doe',
    'souz',
    'nordl',
    'energie',
    '0151 123',
    '151 1234',
    '0049 151 1',
  ])('finds a lead by the beginning %p', (asked) => {
    expect(isFound(jane, asked)).toBe(true);
  });

  it.each(['ane', 'example', 'ergie', '0151 234', '0 49'])(
    'does not find it by %p, which nothing of it begins with',
    (asked) => {
      expect(isFound(jane, asked)).toBe(false);
    },
  );

  it.each([
    ['Straße', 'STRASSE'],
    ['STRASSE', 'straß'],
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣΣΑ', 'οδοσσ'],
    ['José', 'JOSE\u0301'],
    ['Jose\u0301', 'josé'],
    ['Çağla', 'ÇAĞ'],
  ])('compares letters, not their case or encoding: %p has %p', (firstName, asked) => {
    expect(isFound({ firstName }, asked)).toBe(true);
  });

  it('has one key for a text that is there twice, and none without a text', () => {
    expect(searchKeysOf({ email: 'a@b.example', address: 'a@b.example', firstName: 'Doe', lastName: null })).toEqual([
      'a@b.example',
      'b.example',
      'b',
      'doe',
    ]);
    expect(searchKeysOf({ email: '', address: '', firstName: null, phone: undefined })).toEqual([]);
  });

  it('keeps the keys of an earlier view until one of their fields changes', () => {
    const searchKeys = searchKeysOf(jane);
    const earlier = { ...jane, status: 'active', searchKeys };
    expect(searchKeysOf({ ...jane, status: 'replied' }, earlier)).toBe(searchKeys);
    for (const field of ['email', 'address', 'firstName', 'lastName', 'phone']) {
      const now = { ...jane, [field]: 'Else' };
      expect(searchKeysOf(now, earlier)).toEqual(searchKeysOf(now));
      expect(searchKeysOf(now, earlier)).not.toEqual(searchKeys);
    }
  });

  it('has keys of its own where an earlier view has none', () => {
    expect(searchKeysOf(jane, jane)).toEqual(searchKeysOf(jane));
    expect(searchKeysOf({}, {})).toEqual([]);
  });
});
