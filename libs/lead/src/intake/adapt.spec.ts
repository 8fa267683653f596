import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adapterSchema, type Adapter } from './adapter.ts';
import { leadsIn } from './adapt.ts';
import { valuesAt } from './path.ts';

const adapter = (over: object): Adapter =>
  adapterSchema.parse({ title: 'Acme', docs: 'https://acme.example', source: 'acme', ...over });
const generic = adapter({
  read: [{ walk: '$', pairs: { name: ['label', 'question', 'name'], value: ['value', 'answer'], type: 'type' } }],
  types: { mail: 'email' },
  guess: true,
});

describe('a path', () => {
  it.each([
    ['a.b', [1]],
    ['list.*.n', [1, 2]],
    ['text.x', [3]],
    ['$.a.b', [1]],
    ['none.at.all', []],
    ['a.b.c', []],
    ['toString', []],
  ])('%s has the values there', (path, values) => {
    expect(valuesAt({ a: { b: 1 }, list: [{ n: 1 }, {}, { n: 2 }], text: '{"x":3}' }, path)).toEqual(values);
  });
});

describe('a form service’s file', () => {
  it.each([
    [{ read: [] }],
    [{ read: [{ all: 'a b' }] }],
    [{ read: [{ all: 'a', strip: '(' }] }],
    [{ read: [{ all: 'a', srtip: 'x' }] }],
    [{ read: [{ all: 'a' }], types: { mail: 'e-mail' } }],
    [{ read: [{ all: 'a' }], signature: { header: 'x', encoding: 'hex', signs: 'no body' } }],
  ])('with a fault is refused: %j', (over) => {
    expect(adapterSchema.safeParse({ title: 'A', docs: 'https://a.example', source: 'a', ...over }).success).toBe(
      false,
    );
  });
});

describe('a post', () => {
  it('names fields by what is known first, then by type, and keeps the label of the rest', () => {
    const service = adapter({
      read: [{ each: 'answers', name: ['title', 'ref'], value: ['text'], type: 'kind' }],
      types: { mail: 'email' },
    });
    const answers = [
      { title: 'And you are?', ref: 'full_name', text: 'Ann Lee' },
      { title: 'Where to?', kind: 'mail', text: 'a@x.example' },
      { title: 'What is your phone number?', text: '+49 151 12345678' },
      { title: 'Anything else?', text: 'No' },
    ];
    expect(leadsIn(service, { answers })).toEqual([
      {
        lead: {
          email: 'a@x.example',
          firstName: 'Ann',
          lastName: 'Lee',
          phone: '+49 151 12345678',
          leadData: { source: 'acme', fields: { 'Anything else?': 'No' } },
        },
      },
    ]);
  });

  it('of any shape is searched for a person: members, pairs, an address and a number by their form', () => {
    const bodies = [
      { contact: { email: 'a@x.example', name: 'Ann Lee' }, form: { name: 'Contact' } },
      {
        data: [
          { label: 'E-Mail', value: 'a@x.example' },
          { question: 'Name', answer: ['Ann Lee'] },
        ],
      },
      {
        data: [
          { label: '1', type: 'mail', value: 'a@x.example' },
          { label: 'Your name', value: 'Ann Lee' },
        ],
      },
      { payload: '{"1":"a@x.example","first name":"Ann","last name":"Lee"}' },
    ];
    for (const body of bodies)
      expect(leadsIn(generic, body)[0]?.lead).toMatchObject({
        email: 'a@x.example',
        firstName: 'Ann',
        lastName: 'Lee',
      });
  });

  it('has the fields of its address before its own', () => {
    const [one] = leadsIn(generic, { source: 'form', size: '1' }, [
      ['source', 'demo_request'],
      ['partner', 'x'],
    ]);
    expect(one?.lead['leadData']).toEqual({
      source: 'demo_request',
      fields: { partner: 'x', source: 'form', size: '1' },
    });
  });

  it('of any content throws nothing, and is bounded', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        for (const { lead } of leadsIn(generic, body)) expect(JSON.stringify(lead).length).toBeLessThan(100_000);
      }),
      { numRuns: 300 },
    );
    expect(
      leadsIn(
        adapter({ read: [{ all: '$' }], lead: '*' }),
        Array.from({ length: 1_500 }, () => ({ a: 1 })),
      ),
    ).toHaveLength(1_000);
  });
});
