import { describe, expect, it } from '@jest/globals';
import { leadCreated } from '@leadstream/contracts/lead-created';
import fc from 'fast-check';
import { splitName } from './full-name.ts';
import { leadOfEntries, leadOfJson, type Entry } from './understood.ts';

const form = (...entries: Entry[]) => leadOfEntries(entries);

describe('a form’s field', () => {
  it.each([
    [
      'email',
      [
        ...[
          'email',
          'Email',
          'EMAIL',
          'E-Mail',
          'e_mail',
          'Email Address *',
          'your-email',
          'Courriel',
          'メールアドレス',
        ],
        ...['input_email', 'email_1', 'Email__c', 'E-posta adresiniz', 'Sähköpostiosoite', '邮箱地址', 'e-mail cím'],
        ...['e-pasts', 'имейл адрес', 'ایمیل', 'ईमेल', 'דואר אלקטרוני'],
      ],
    ],
    [
      'firstName',
      [
        'firstName',
        'FirstName',
        'FIRST_NAME',
        'firstname',
        'First name',
        'fname',
        'Vorname',
        'Prénom',
        'First_Name__c',
        'person_first_name',
        'Όνομα',
        'Ім’я',
        'Křestní jméno',
        'Prenume',
        'ชื่อจริง',
      ],
    ],
    [
      'lastName',
      ['last-name', 'Surname', 'Nachname', 'Apellidos', 'Фамилия', 'name[last]', 'นามสกุล', 'Επώνυμο', 'Prezime'],
    ],
    [
      'phone',
      [
        'Phone',
        'Tel',
        'phone_number',
        'Mobile Phone',
        'Téléphone',
        'Handynummer',
        'お電話番号'.slice(1),
        'phone_mobile',
        '휴대폰 번호',
        'Telefone celular',
      ],
    ],
    ['phoneExtension', ['phoneExtension', 'Ext.', 'Durchwahl']],
    [
      'timeZone',
      [
        'TimeZone',
        'timezone',
        'time_zone',
        'Time-Zone',
        'browser_timezone',
        'utc_offset',
        'hs_timezone',
        'Часовой пояс',
      ],
    ],
  ])('is the contract’s %s in any spelling', (name, spellings) => {
    for (const spelling of spellings) expect(form([spelling, 'x'])).toEqual({ [name]: 'x', leadData: {} });
  });

  it.each([
    ['source', ['Source', 'LEAD_SOURCE', 'lead source', 'leadData[source]']],
    ['pageURL', ['PageUrl', 'page_url', 'Page', 'page-uri']],
    ['submissionTimestamp', ['SubmissionTimestamp', 'submission_timestamp', 'Submitted at']],
  ])('is the lead data’s %s in any spelling', (name, spellings) => {
    for (const spelling of spellings) expect(form([spelling, 'x'])).toEqual({ leadData: { [name]: 'x' } });
  });

  it.each([
    'utm_source',
    'UTM_Source',
    'utm-source',
    'UTM Source',
    'utmSource',
    'utm[source]',
    'leadData[utm][utm_source]',
  ])('%s is a UTM key', (name) => {
    expect(form([name, 'ad'])).toEqual({ leadData: { utm: { utm_source: 'ad' } } });
  });

  it('of another name is kept as it is spelled', () => {
    expect(form(['Company', 'Acme'], ['UTM_Promo', 'x'])).toEqual({
      leadData: { fields: { Company: 'Acme' }, utm: { utm_promo: 'x' } },
    });
  });

  it('that is repeated is a list, and one with brackets is one even alone', () => {
    expect(form(['interest[]', 'a'], ['interest[]', 'b'], ['size', '1'], ['size', '2'], ['one[]', 'x'])).toEqual({
      leadData: { fields: { interest: ['a', 'b'], size: ['1', '2'], one: ['x'] } },
    });
  });
});

describe('a form of a program', () => {
  it('of Elementor has its values beside ids and types', () => {
    const lead = form(
      ['fields[name][id]', 'name'],
      ['fields[name][value]', 'Ann Lee'],
      ['fields[email][value]', 'a@b.c'],
    );
    expect(lead).toMatchObject({ firstName: 'Ann', lastName: 'Lee', email: 'a@b.c' });
  });

  it('in Turkish has `Ad` beside `Soyad`; alone it is an advertisement', () => {
    expect(form(['Ad', 'Ann'], ['Soyad', 'Lee'])).toMatchObject({ firstName: 'Ann', lastName: 'Lee' });
    expect(form(['Ad', 'summer'])).toEqual({ leadData: { fields: { Ad: 'summer' } } });
  });
});

describe('a form with JSON in a field', () => {
  it('is read as its script meant it', () => {
    expect(
      form(
        ['email', 'a@x.example'],
        ['leadData', '{"source":"demo_request","fields":{"size":"50"},"utm":{"source":"ad"}}'],
      ),
    ).toEqual({
      email: 'a@x.example',
      leadData: { source: 'demo_request', utm: { utm_source: 'ad' }, fields: { size: '50' } },
    });
    expect(leadOfJson({ email: 'a@x.example', leadData: '{"source":"demo_request"}' })).toEqual({
      email: 'a@x.example',
      leadData: { source: 'demo_request' },
    });
  });

  it('keeps other texts as they are', () => {
    const deep = `${'['.repeat(33)}${']'.repeat(33)}`;
    expect(form(['fields', deep])).toEqual({ leadData: { fields: { fields: deep } } });
    expect(form(['fields', 'Berlin'], ['leadData', 'x'])).toEqual({
      leadData: { fields: { fields: 'Berlin', leadData: 'x' } },
    });
  });
});

describe('a form without a known name for the address', () => {
  it('has the first value that is one', () => {
    expect(form(['Ihre Kontaktmöglichkeit', 'a@x.example'], ['q2', 'b@x.example'])).toEqual({
      email: 'a@x.example',
      leadData: { fields: { q2: 'b@x.example' } },
    });
  });

  it('is looked for in the parts that a program wrapped it in', () => {
    const lead = { email: 'a@x.example', firstName: 'Ann', leadData: { source: 'demo_request' } };
    const inside = { Email: 'a@x.example', first_name: 'Ann' };
    expect(leadOfJson({ source: 'demo_request', contact: inside })).toEqual(lead);
    expect(leadOfJson({ data: { attributes: { ...inside, source: 'demo_request' } } })).toEqual(lead);
    expect(leadOfJson([{ ...inside, source: 'demo_request' }])).toEqual(lead);
    expect(form(['rawRequest', JSON.stringify({ ...inside, source: 'demo_request' })])).toEqual(lead);
  });
});

describe('two fields of one meaning', () => {
  it('of another spelling never replaces the contract’s own name', () => {
    const both: Entry[] = [
      ['source', 'sales-demo'],
      ['Source', 'Google'],
    ];
    for (const one of [both, both.toReversed()])
      expect(form(...one)).toEqual({ leadData: { source: 'sales-demo', fields: { Source: 'Google' } } });
  });

  it('are both kept: the first valid one, and the other among the fields', () => {
    expect(form(['tel', '+49 30 1234567'], ['Phone', '+49 151 12345678'])).toEqual({
      phone: '+49 30 1234567',
      leadData: { fields: { Phone: '+49 151 12345678' } },
    });
    expect(form(['phone', 'call me'], ['Mobile', '0151 12345678'], ['tel', ''])).toEqual({
      phone: '0151 12345678',
      leadData: { fields: { phone: 'call me' } },
    });
    expect(form(['email', 'none'], ['friend[email]', 'b@x.example'], ['e-mail', 'a@x.example'])).toEqual({
      email: 'a@x.example',
      leadData: { fields: { email: 'none', 'friend[email]': 'b@x.example' } },
    });
  });

  it('are one when they say the same', () => {
    expect(form(['email', 'a@x.example'], ['Email', 'a@x.example '])).toEqual({ email: 'a@x.example', leadData: {} });
  });
});

describe('a full name', () => {
  it.each([
    ['Ann Lee', 'Ann', 'Lee'],
    ['Ludwig van Beethoven', 'Ludwig', 'van Beethoven'],
    ['Lee, Ann', 'Ann', 'Lee'],
    ['DUPONT Anne Marie', 'Anne Marie', 'DUPONT'],
    ['ANN LEE', 'ANN', 'LEE'],
    ['Ann Lee <ann@x.example>', 'Ann', 'Lee'],
    ['Ann Lee, PhD', 'Ann', 'Lee'],
    ['Ann Lee PhD', 'Ann', 'Lee'],
    ['Dr. Ann Lee', 'Ann', 'Lee'],
    ['Ann', 'Ann', undefined],
    ['Dr', 'Dr', undefined],
    ['山田 太郎', '太郎', '山田'],
  ])('%s is split', (full, firstName, lastName) => {
    expect(splitName(full)).toEqual({ firstName, ...(lastName === undefined ? {} : { lastName }) });
  });

  it('that is the only name gives both, and a title stays among the fields', () => {
    expect(form(['full_name', 'Dr. Ann Lee'])).toEqual({
      firstName: 'Ann',
      lastName: 'Lee',
      leadData: { fields: { fullName: 'Dr. Ann Lee' } },
    });
  });

  it('beside one name is the other one, unless it has both', () => {
    const both = { firstName: 'Ann', lastName: 'Lee', leadData: {} };
    expect(form(['Vorname', 'Ann'], ['Name', 'Lee'])).toEqual(both);
    expect(form(['Nombre', 'Ann'], ['Apellidos', 'Lee'])).toEqual(both);
    expect(form(['First Name', 'Ann'], ['Name', 'Ann Lee'])).toEqual(both);
    expect(form(['First Name', 'Ann'], ['Name', 'Ann'])).toEqual({ firstName: 'Ann', leadData: {} });
    expect(form(['First', 'Ann'], ['Last', 'Lee'], ['Name', 'Ann Lee'])).toEqual(both);
  });
});

describe('a JSON lead', () => {
  it('may spell its names as its sender does', () => {
    expect(
      leadOfJson({
        Email: 'a@x.example',
        first_name: 'Ann',
        'Last Name': 'Lee',
        phone_number: 4915112345678,
        LeadData: { Source: 'demo_request', page_url: 'https://x.example/', utmSource: 'ad', fields: [], utm: [] },
      }),
    ).toEqual({
      email: 'a@x.example',
      firstName: 'Ann',
      lastName: 'Lee',
      phone: '4915112345678',
      leadData: { source: 'demo_request', pageURL: 'https://x.example/', utm: { utm_source: 'ad' } },
    });
  });

  it('may be flat, like a form', () => {
    expect(
      leadOfJson({
        email: 'a@x.example',
        source: 'demo_request',
        message: 'Hi',
        utm: { source: 'ad' },
        fields: { a: 1 },
      }),
    ).toEqual({
      email: 'a@x.example',
      leadData: { source: 'demo_request', utm: { utm_source: 'ad' }, fields: { message: 'Hi', a: 1 } },
    });
  });

  it('keeps unknown members in their place, and the form’s own source', () => {
    const lead = {
      company: 'Acme',
      email: 'a@x.example',
      leadData: { score: 7, source: 'demo_request', fields: { Email: 'b@x.example' } },
    };
    expect(leadOfJson(lead)).toEqual(lead);
    expect(leadOfJson({ source: 'crm', ...lead })).toEqual({
      ...lead,
      leadData: { ...lead.leadData, fields: { ...lead.leadData.fields, source: 'crm' } },
    });
  });

  it('may have objects and lists in place of texts', () => {
    expect(
      leadOfJson({
        email: ['a@x.example', 'b@x.example'],
        name: { first: 'Ann', last: 'Lee' },
        phone: { full: '+49 151 12345678', country: 'DE' },
        source: true,
        fields: [
          { label: 'Size', value: 50 },
          { label: 'Size', value: 60 },
        ],
      }),
    ).toEqual({
      email: 'a@x.example',
      firstName: 'Ann',
      lastName: 'Lee',
      phone: '+49 151 12345678',
      leadData: { source: 'true', fields: { 'phone.country': 'DE', email: 'b@x.example', Size: [50, 60] } },
    });
  });

  it.each([null, 'text', 5, [], [{ email: 'a@x.example' }, { email: 'b@x.example' }], { leadData: 'x' }])(
    'of another shape is refused: %j',
    (body) => {
      expect(leadOfJson(body)).toEqual(body);
      expect(leadCreated.safeParse(leadOfJson(body)).success).toBe(false);
    },
  );

  it('may wrap the person beside its leadData, or list all fields by name', () => {
    const lead = { email: 'a@b.example', firstName: 'Ann', leadData: { source: 'web' } };
    expect(leadOfJson({ contact: { email: 'a@b.example', first_name: 'Ann' }, leadData: { source: 'web' } })).toEqual(
      lead,
    );
    const fields = [
      { name: 'email', value: 'a@b.example' },
      { name: 'firstname', value: 'Ann' },
    ];
    expect(leadOfJson({ fields, source: 'web' })).toEqual(lead);
    expect(leadOfJson({ email: 'a@b.example', fields: { name: 'Rex' }, source: 'web' })).toEqual({
      email: 'a@b.example',
      leadData: { source: 'web', fields: { name: 'Rex' } },
    });
  });

  it('keeps a leadData within another of two', () => {
    expect(leadOfJson({ leadData: { leadData: { leadData: ['a'] } } })).toEqual({
      leadData: { fields: { leadData: ['a'] } },
    });
  });

  it('of any content loses no text, pollutes nothing and is understood twice alike', () => {
    const key = fc.oneof(
      fc.constantFrom(
        'email',
        'Email',
        'tel',
        'Phone',
        'name',
        'leadData',
        'utm',
        'fields',
        '__proto__',
        'constructor',
      ),
      fc.string({ maxLength: 8 }),
    );
    const text = fc.integer({ min: 1_000, max: 9_999 }).map((value) => `«${value}»`);
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.dictionary(key, tie('value')),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(key, values), (body) => {
        const lead = leadOfJson(JSON.parse(JSON.stringify(body)));
        const [given, kept] = [JSON.stringify(body), JSON.stringify(lead)];
        for (const [word] of given.matchAll(/«\d+»/g)) expect(kept).toContain(word);
        expect(leadOfJson(lead)).toEqual(lead);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
