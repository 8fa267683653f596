import { describe, expect, it } from '@jest/globals';
import { contactSchema, dossierSchema } from '@leadstream/contracts/events';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import fc from 'fast-check';
import { anyText } from '@leadstream/testing/any-text';
import { addressProblem } from './address.ts';
import { clean, type CleanLead } from './hygiene.ts';

const options = { defaultRegion: 'US' };
const lead = (over: Partial<LeadCreated> = {}): LeadCreated => ({
  email: 'jane@example.com',
  leadData: { source: 'whitepaper' },
  ...over,
});

function cleaned(input: LeadCreated): CleanLead {
  const result = clean(input, options);
  if ('refused' in result) throw new Error(result.refused.reason);
  return result;
}

describe('a clean lead', () => {
  it('has the zone of another field where its own cannot be read, and the country of a field in any language', () => {
    const given = (timeZone: string | undefined, fields: Record<string, string>) =>
      cleaned(lead({ timeZone, phone: '03-1234-5678', leadData: { source: 'x', fields } }));
    expect(given(undefined, { timezone: 'Tokyo Standard Time' }).timeZone).toBe('Tokyo Standard Time');
    expect(given('Mars/Olympus', { Zeitzone: '+09:00' }).timeZone).toBe('+09:00');
    expect(given('Europe/Berlin', { timezone: 'Asia/Tokyo' }).timeZone).toBe('Europe/Berlin');
    expect(given('Mars/Olympus', { timezone: 'Venus' }).timeZone).toBe('Mars/Olympus');
    for (const [name = '', country = ''] of [
      ['国', '日本'],
      ['Ülke', 'Japonya'],
      ['your country', 'Japan (JP)'],
    ])
      expect(given(undefined, { [name]: country }).contact.phone).toBe('+81312345678');
  });

  it('is left as it is', () => {
    const { contact, dossier, changes, ip, timeZone } = cleaned({
      email: 'Jane.Doe@Example.com',
      firstName: 'Jane',
      lastName: 'McDonald',
      phone: '+15551234567',
      timeZone: 'America/New_York',
      ip: '203.0.113.9',
      leadData: {
        source: 'content_download_kubernetes_guide',
        medium: 'paid_search',
        campaign: 'q4',
        pageURL: 'https://example.com/guides/cost?utm_term=cost#top',
        submissionTimestamp: '2023-10-27T10:00:00Z',
        utm: { utm_term: 'cost' },
        fields: { companySize: '50', topics: ['k8s', 7, true, null] },
      },
    });
    expect(changes).toEqual([]);
    expect(contact).toEqual({
      email: 'Jane.Doe@Example.com',
      address: 'jane.doe@example.com',
      firstName: 'Jane',
      lastName: 'McDonald',
      phone: '+15551234567',
    });
    expect(dossier.fields).toEqual({ companySize: '50', topics: ['k8s', 7, true, null] });
    expect({ ip, timeZone }).toEqual({ ip: '203.0.113.9', timeZone: 'America/New_York' });
  });

  it('needs an address and a source only', () => {
    expect(cleaned(lead({ firstName: '', lastName: null }))).toEqual({
      contact: { email: 'jane@example.com', address: 'jane@example.com' },
      dossier: { source: 'whitepaper' },
      changes: [],
    });
  });

  it('is rejected only for an address that can’t receive mail', () => {
    expect(clean(lead({ email: 'jane@example.com, joe@example.com' }), options)).toEqual({
      refused: { field: 'email', reason: expect.stringContaining('bare address') },
    });
  });

  it.each([
    ['jane@example.com.', 'jane@example.com'],
    ['jane@example.com,', 'jane@example.com'],
    ['<jane@example.com>', 'jane@example.com'],
    ['Jane Doe <jane@example.com>', 'jane@example.com'],
    ['mailto:jane@example.com', 'jane@example.com'],
    ['MAILTO:jane@example.com?subject=Hi', 'jane@example.com'],
    ['"jane@example.com"', 'jane@example.com'],
    ["'jane@example.com'", 'jane@example.com'],
    ['(jane@example.com)', 'jane@example.com'],
    ['jane＠example.com', 'jane@example.com'],
    ['jane@example．com', 'jane@example.com'],
    ['<mailto:jane@example.com>;', 'jane@example.com'],
    ['[jane@example.com]', 'jane@example.com'],
    ['E-Mail: jane@example.com', 'jane@example.com'],
    ['<jane@example.com', 'jane@example.com'],
    ['„jane@example.com“', 'jane@example.com'],
    ['`jane@example.com`', 'jane@example.com'],
    ['jane@example.com。', 'jane@example.com'],
    ['jane@example.com&nbsp;', 'jane@example.com'],
  ])('is mailed at an address without what surrounds it: %s', (raw, email) => {
    const { contact, changes } = cleaned(lead({ email: raw }));
    expect(contact).toMatchObject({ email, address: email });
    expect(changes).toEqual([{ field: 'email', from: raw, to: email, rule: 'mended' }]);
  });

  it.each(['"jane doe"@example.com', 'jane+tag@example.com', "o'brien@example.com"])(
    'keeps its address: %s',
    (email) => {
      expect(cleaned(lead({ email }))).toMatchObject({ contact: { email }, changes: [] });
    },
  );

  it.each(['jane@example..com', 'jane at example.com', 'jane@', '@example.com', 'a@x.com; b@y.com', '<>', 'mailto:'])(
    'is rejected when its address can’t be mended: %s',
    (email) => {
      expect(clean(lead({ email: email.padEnd(3) }), options)).toHaveProperty('refused.field', 'email');
      expect(addressProblem(email)).toEqual(expect.any(String));
    },
  );

  it('is mailed at the A-label of its domain', () => {
    const { contact, changes } = cleaned(lead({ email: ' Jane@München.de' }));
    expect(contact).toMatchObject({ email: 'Jane@xn--mnchen-3ya.de', address: 'jane@xn--mnchen-3ya.de' });
    expect(changes.map(({ rule }) => rule)).toEqual(['trimmed', 'a-label']);
  });
});

describe('a name', () => {
  const first = (firstName: string) => cleaned(lead({ firstName }));

  it.each([
    'O’Brien',
    "O'Brien",
    'Łukasz',
    '李雷',
    'José María',
    'van der Berg',
    'McDonald',
    'JD',
    'Jean-Luc',
    'J. R. R.',
    'Dr.Smith',
    'علی\u200cرضا',
    'শ্রী\u200dরাম',
    'Nguyễn',
    '葛\u{e0100}城',
    'Smith, Jr.',
    'Ahmed s/o Karim',
    'X Æ A-12',
    'Sig Hansen',
  ])('of the real world stays as it is: %s', (name) => {
    expect(first(name)).toMatchObject({ contact: { firstName: name }, changes: [] });
  });

  it.each([
    ['blanks of all kinds', ' \u00a0\u3000Jane\t\u2003 Ann\n', 'Jane Ann', ['trimmed', 'white-space']],
    ['zero-width and bidi controls', '\u202eJa\u200bne\u2069\ufeff', 'Jane', ['invisible-characters']],
    ['what kept a letter from its mark', 'Jose\u200b\u0301', 'José', ['invisible-characters']],
    ['joiners that join nothing', '\u200dJa\u200cne\u200d', 'Jane', ['invisible-characters']],
    ['control characters', 'Ja\0ne\x1b', 'Jane', ['control-characters']],
    ['a control character behind the printable ones', 'Jane\x7f', 'Jane', ['control-characters']],
    ['a soft hyphen', 'Ja\xadne', 'Jane', ['invisible-characters']],
    ['decomposed letters', 'Jose\u0301', 'José', ['nfc']],
    ['marks piled on a letter', `Jan${'\u0316'.repeat(50)}e`, `Jan${'\u0316'.repeat(30)}e`, ['nfc']],
    ['marks that fall into two', `Jan${'\u0344'.repeat(30)}e`, `Jan${'\u0308\u0301'.repeat(15)}e`, ['nfc']],
    ['halves of surrogate pairs', 'Jane\ud83d', 'Jane', ['control-characters']],
  ])('loses %s', (_, raw, name, rules) => {
    const { contact, changes } = first(raw);
    expect(contact.firstName).toBe(name);
    expect(changes.map(({ field, rule }) => [field, rule])).toEqual(rules.map((rule) => ['firstName', rule]));
    expect(changes.at(-1)?.to).toBe(name);
  });

  it.each([
    ['a link with an invisible character', 'evil.\ufe0fcom/win', 'name-is-a-url'],
    ['a dotted quad', 'Win at 1.1.1.1', 'name-is-a-url'],
    ['a domain with a dot of another script', 'evil\u3002com', 'name-is-a-url'],
    ['a scheme in disguise', 'hxxp evil', 'name-is-a-url'],
    ['a scheme', 'mailto:jane', 'name-is-a-url'],
    ['a number to call', 'Call 1-900-555-1234', 'name-is-a-phone-number'],
    ['a URL', 'https://win.example', 'name-is-a-url'],
    ['a bare domain', 'cheap-pills.com', 'name-is-a-url'],
    ['a short link', 'Win bit.ly/x', 'name-is-a-url'],
    ['an address', 'jane@example.com', 'name-is-an-address'],
    ['a header', 'Jane\r\nBcc: joe@example.com', 'name-is-an-address'],
    ['markup', '<b>Jane</b>', 'name-is-markup'],
    ['a bare token', '{{ first_name }}', 'stand-in'],
    ['punctuation', '-- .', 'stand-in'],
    ['digits', '12345', 'name-without-letters'],
    ['a mangled encoding', 'Jos\ufffd', 'name-is-mangled'],
  ])('that is %s is dropped, and that is recorded', (_, raw, rule) => {
    const { contact, changes } = first(raw);
    expect(contact.firstName).toBeUndefined();
    expect(changes.at(-1)).toEqual({ field: 'firstName', from: raw.replace(/\s+/g, ' '), rule });
  });

  it.each([' ', '\u00a0\u200b', '\u3164\u2800'])('of blanks is no name', (raw) => {
    expect(first(raw).contact).not.toHaveProperty('firstName');
  });

  it.each([
    ['JANE', 'Jane'],
    ['jane', 'Jane'],
    ['JEAN-LUC', 'Jean-Luc'],
    ["O'BRIEN", "O'Brien"],
    ["d'angelo", "D'Angelo"],
    ['MCDONALD', 'McDonald'],
    ['VAN DER BERG', 'Van der Berg'],
    ['van der berg', 'van der Berg'],
    ['le', 'Le'],
    ['anh le', 'Anh Le'],
    ['MARIA DE LA CRUZ', 'Maria de la Cruz'],
    ['SMITH III', 'Smith III'],
    ['J. R. SMITH', 'J. R. Smith'],
    ['JO', 'Jo'],
    ['ΓΙΩΡΓΟΣ', 'Γιωργος'],
    ['ИВАН', 'Иван'],
    ['IŞIK', 'Işık'],
    ['IJSBRAND', 'IJsbrand'],
    ['AL', 'Al'],
    ['İREM', 'İrem'],
  ])('of one case throughout gets a name’s case: %s', (raw, name) => {
    const { contact, changes } = first(raw);
    expect({ name: contact.firstName, changes }).toEqual({
      name,
      changes: [{ field: 'firstName', from: raw, to: name, rule: 'name-case' }],
    });
  });

  it.each(['DeShawn', 'McDonald', 'van der Berg', 'JD', 'A.J.', 'LaToya', 'ნინო', 'X Æ A-12', 'Null', 'Na', 'Nan'])(
    'that is meant so stays as it is: %s',
    (name) => {
      expect(first(name)).toMatchObject({ contact: { firstName: name }, changes: [] });
    },
  );

  it.each([
    ['D&#039;Angelo', "D'Angelo"],
    ['D&amp;#039;Angelo', "D'Angelo"],
    ["O\\'Brien", "O'Brien"],
    ['Ren&eacute;e', 'Renée'],
    ['Jos&#xE9;', 'José'],
    ['Jos%C3%A9', 'José'],
    ['Jos\\u00e9', 'José'],
    ['JosÃ©', 'José'],
    ['"Ann"', 'Ann'],
    ['Ann,', 'Ann'],
  ])('that a program escaped is what was written: %s', (raw, name) => {
    const { contact, changes } = first(raw);
    expect(contact.firstName).toBe(name);
    expect(changes.map(({ rule }) => rule)).toEqual(['unescaped']);
  });

  it('that a program escaped is judged as what it shows', () => {
    expect(first('&lt;b&gt;Jane').contact).not.toHaveProperty('firstName');
    expect(first('evil&#46;com').contact).not.toHaveProperty('firstName');
  });

  it.each([
    ...['N/A', 'NA', 'n.a.', '-', 'null', 'NULL', 'undefined', 'none', '(not set)', '[not provided]', 'test', 'Test'],
    ...['%FIRSTNAME%', '{{name}}', '*|FNAME|*', '${name}', '[first_name]', 'First Name', 'your name', 'asdf', 'xxx'],
    ...['keine Angabe', 'k.A.', 'unknown', '?', '.', 'No name', 'Unbekannt', 'inconnu', 'sin nombre', 'sconosciuto'],
    ...[
      'onbekend',
      'brak',
      'Неизвестно',
      'не указано',
      'なし',
      '未知',
      '없음',
      'غير معروف',
      'ไม่มี',
      'anonymous',
      'User',
    ],
    ...['##FIRSTNAME##', '$firstname', ':first_name', '#REF!', '~FirstName~', 'true', 'Mr', 'テスト'],
  ])('that stands for nothing is none: %s', (raw) => {
    const { contact, changes } = first(raw);
    expect(contact).not.toHaveProperty('firstName');
    expect(changes.at(-1)).toMatchObject({ field: 'firstName', rule: 'stand-in' });
  });

  it('is cut at the maximum length, never through a character', () => {
    const { contact, changes } = first(`X${'x'.repeat(98)}😀`);
    expect(contact.firstName).toBe(`X${'x'.repeat(98)}`);
    expect(changes.map(({ rule }) => rule)).toEqual(['cut']);
    expect(first(`X${'x'.repeat(999)}`).changes).toEqual([
      { field: 'firstName', from: `X${'x'.repeat(199)}`, to: `X${'x'.repeat(99)}`, rule: 'cut' },
    ]);
  });
});

describe('a phone number', () => {
  const phone = (raw: string, defaultRegion = 'US') => {
    const result = clean(lead({ phone: raw }), { defaultRegion });
    return 'refused' in result ? undefined : { phone: result.contact.phone, rule: result.changes.at(-1)?.rule };
  };

  it.each([
    ['of the default region', '(555) 123-4567', 'US', '+15551234567'],
    ['of another default region', '030 1234567', 'DE', '+49301234567'],
    ['with its own country', '+49 (0)30 1234567', 'US', '+49301234567'],
    ['dialled abroad', '0049 30 1234567', 'DE', '+49301234567'],
    ['with an extension', '+1 212 555 0123 ext. 5', 'DE', '+12125550123'],
    ['in other digits', '+٤٩٣٠١٢٣٤٥٦٧', 'US', '+49301234567'],
  ])('%s becomes E.164', (_, raw, region, e164) => {
    expect(phone(raw, region)).toEqual({ phone: e164, rule: 'e164' });
  });

  it.each(['12', 'call me', '+999999999999999999', '030 1234567 / 030 7654321', '+1 206 155 1212', '12345678'])(
    'that cannot be one is dropped and recorded: %s',
    (raw) => {
      expect(phone(raw)).toEqual({ phone: undefined, rule: 'not-a-phone-number' });
    },
  );

  it('of more than fifteen digits is none', () => {
    expect(phone('30583697150159', 'DE')).toEqual({ phone: undefined, rule: 'not-a-phone-number' });
  });

  it.each([
    ['without its plus', '49 176 10042069', 'DE', '+4917610042069'],
    ['without its plus', '44 20 7183 8750', 'GB', '+442071838750'],
    ['with zeros for its plus', '0049 176 10042069', 'US', '+4917610042069'],
    ['with a label', 'p:+49 176 10042069', 'US', '+4917610042069'],
    ['with a label', 'Mobile: 206-555-1212', 'US', '+12065551212'],
    ['with words', '206-555-1212 case manager', 'US', '+12065551212'],
    ['with words, in American groups', '206-555-1212 case manager', 'DE', '+12065551212'],
    ['with a code in brackets', '(49) 176 10042069', 'DE', '+4917610042069'],
    ['with too many signs', '++49 176 10042069', 'DE', '+4917610042069'],
    ['with a plus and zeros', '+0049 176 10042069', 'DE', '+4917610042069'],
    ['in full-width signs', '＋４９ 176 10042069', 'DE', '+4917610042069'],
    ['of another country, without its plus', '44 7911 123456', 'DE', '+447911123456'],
    ['of another country, without its plus', '49 176 10042069', 'US', '+4917610042069'],
    ['without its zero', '1520 2345678', 'DE', '+4915202345678'],
    ['as words', '1-800-FLOWERS', 'US', '+18003569377'],
    ['as words', '1-800-FLOWERS', 'DE', '+18003569377'],
    ['of an example', '+1 555 123 4567', 'DE', '+15551234567'],
  ])('%s is read: %s', (_, raw, region, e164) => {
    expect(phone(raw, region)).toEqual({ phone: e164, rule: 'e164' });
  });

  it('is of the country given, then of the deployment’s, then of the zone’s', () => {
    const read = (over: Partial<LeadCreated>, phone = '020 7183 8750') =>
      cleaned(lead({ phone, ...over })).contact.phone;
    const given = { leadData: { source: 's', fields: { country: 'United Kingdom' } } };
    expect(read({})).toBeUndefined();
    expect(read({ timeZone: 'Europe/London' })).toBe('+442071838750');
    expect(read({ timeZone: 'Asia/Tokyo', ...given })).toBe('+442071838750');
    expect(read({ timeZone: 'Europe/Berlin' }, '206-555-1212')).toBe('+12065551212');
  });

  it('keeps its extension, and further numbers for the rep', () => {
    const read = (phone: string) => cleaned(lead({ phone }));
    expect(read('(206) 555-1212 ext. 12').contact).toMatchObject({ phone: '+12065551212', phoneExtension: '12' });
    const { contact, dossier } = read('206-555-1212 / 206-555-1213, +49 30 1234567');
    expect(contact.phone).toBe('+12065551212');
    expect(dossier.other).toEqual({ otherPhones: ['+12065551213', '+49301234567'] });
    expect(read('call me maybe').dossier.other).toEqual({ otherPhones: ['call me maybe'] });
    expect(read('n/a').dossier.other).toBeUndefined();
  });

  it('of an unknown default region needs its country', () => {
    expect(phone('030 1234567', 'ZZ')).toEqual({ phone: undefined, rule: 'not-a-phone-number' });
    expect(phone('+49301234567', 'ZZ')).toEqual({ phone: '+49301234567', rule: undefined });
  });
});

describe('the dossier', () => {
  it('has the source as a lower-case key, and the change has it as written', () => {
    const { dossier, changes } = cleaned(lead({ leadData: { source: ' Demo_Request ' } }));
    expect(dossier.source).toBe('demo_request');
    expect(changes.at(-1)).toEqual({
      field: 'leadData.source',
      from: 'Demo_Request',
      to: 'demo_request',
      rule: 'lower-case',
    });
  });

  it('has a source whose lower case is not longer than the limit', () => {
    const { source } = cleaned(lead({ leadData: { source: 'İ'.repeat(200) } })).dossier;
    expect(cleaned(lead({ leadData: { source } }))).toMatchObject({ dossier: { source }, changes: [] });
  });

  it('calls a blank source unknown: the default route is for it', () => {
    expect(cleaned(lead({ leadData: { source: ' \u200b' } })).dossier.source).toBe('unknown');
  });

  it('reads from the page’s URL the UTM parameters that are missing', () => {
    const pageURL = 'https://example.com/a?utm_source=ads&utm_term=from+page&UTM_ID=7&x=1#utm_medium=no';
    const { dossier, changes } = cleaned(lead({ leadData: { source: 's', pageURL, utm: { utm_term: 'given' } } }));
    expect(dossier.utm).toEqual({ utm_source: 'ads', utm_term: 'given' });
    expect(changes).toEqual([{ field: 'leadData.utm.utm_source', to: 'ads', rule: 'read-from-page-url' }]);
  });

  it('keeps what it does not know, in the shape it came in', () => {
    const input = lead({ company: { name: 'Acme' }, leadData: { source: 's', score: 7 } });
    expect(cleaned(input).dossier.other).toEqual({ company: { name: 'Acme' }, leadData: { score: 7 } });
  });

  it('leaves out values without a name, with the name of another, or without a JSON form', () => {
    const { dossier, changes } = cleaned(
      lead({ leadData: { source: 's', fields: { a: 1, ' a': 2, '\u200b': 3, n: NaN, f: () => 1 } } }),
    );
    expect(dossier.fields).toEqual({ a: 1 });
    expect(changes.map(({ rule }) => rule)).toEqual([
      'trimmed',
      'duplicate-key',
      'invisible-characters',
      'blank-key',
      'not-json',
      'not-json',
    ]);
  });

  it('keeps the lines of a long text', () => {
    expect(
      cleaned(lead({ leadData: { source: 's', fields: { message: ' Hello,\n\nI\0 ask. ' } } })).dossier.fields,
    ).toEqual({ message: 'Hello,\n\nI ask.' });
  });

  it('has no key that reaches a prototype', () => {
    const hostile = JSON.parse(
      '{"email":"jane@example.com","__proto__":{"a":1},"constructor":{"prototype":{}},' +
        '"leadData":{"source":"s","fields":{"__proto__":{"polluted":1},"ok":{"\u200b__proto__":1}},' +
        '"utm":{"__proto__":1}}}',
    ) as LeadCreated;
    const { dossier, changes } = cleaned(hostile);
    expect(dossier).toEqual({ source: 's', fields: { ok: {} } });
    expect(JSON.stringify(dossier)).not.toMatch(/proto|constructor/);
    expect(changes.filter(({ rule }) => rule === 'unsafe-key').map(({ field }) => field)).toContain(
      'leadData.fields.__proto__',
    );
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('never has the lead’s IP, whatever its key in a form', () => {
    const ip = '203.0.113.9';
    const result = cleaned(
      lead({
        ip,
        IP: ip,
        leadData: { source: 's', ip, fields: { ip_address: ip, nested: [{ 'X-Forwarded-For': ip }] } },
      }),
    );
    expect(result.ip).toBe(ip);
    expect(JSON.stringify([result.dossier, result.changes, result.contact])).not.toContain(ip);
    expect(result.changes.map(({ rule }) => rule)).toEqual(Array(4).fill('ip-stays-in-intake'));
  });

  it('drops an invalid IP without quoting it', () => {
    const { ip, changes } = cleaned(lead({ ip: 'jane’s laptop' }));
    expect({ ip, changes }).toEqual({ ip: undefined, changes: [{ field: 'ip', rule: 'not-an-ip-address' }] });
  });

  it('ends at a maximum depth and number of values, and records where', () => {
    const { dossier, changes } = cleaned(
      lead({
        leadData: { source: 's', fields: { a: { b: { c: { d: { e: { f: 1 } } } } }, many: Array(1_000).fill(1) } },
      }),
    );
    expect(dossier.fields).toMatchObject({ a: { b: { c: { d: {} } } } });
    expect(JSON.stringify(dossier).length).toBeLessThan(600);
    expect(changes).toEqual([
      { field: 'leadData.fields.a.b.c.d.e', rule: 'too-deep' },
      { field: 'leadData.fields.many', rule: 'too-many-values' },
    ]);
  });
});

describe('any submission', () => {
  const nasty = fc.constantFrom(
    '\u200d',
    '\u200b',
    '\u202e',
    '\0',
    '\r\n',
    '\u0301',
    '\ud800',
    '\ufeff',
    '\u00a0',
    ' ',
    'e',
    'ا',
    '李',
    '@',
    '__proto__',
    'ip',
    '😀',
    '\u1100',
    '\u1161',
    'İ',
    'ß',
    '\u0958',
    '\u2126',
    '.com',
    '4',
    '+49',
    'x'.repeat(120),
  );
  const text = fc.oneof(
    anyText(),
    fc.array(nasty).map((parts) => parts.join('')),
    fc.string({ unit: fc.constantFrom(...'+0123456789 ()-') }),
  );
  const json = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      text,
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 4 }),
      tie('object'),
    ),
    object: fc.dictionary(text, tie('value'), { maxKeys: 5 }),
  })).object;
  const nullable = fc.option(text, { nil: undefined });
  const leads = fc
    .record({
      email: fc.oneof({ weight: 9, arbitrary: fc.emailAddress().map((address) => ` ${address}\u200b`) }, text),
      firstName: nullable,
      lastName: nullable,
      phone: nullable,
      timeZone: nullable,
      ip: nullable,
      leadData: fc.record({
        source: text,
        medium: nullable,
        pageURL: text.map((query) => `https://e.com/?utm_source=${query}&utm_id=1`),
        utm: json,
        fields: json,
        extra: json,
      }),
      extra: json,
    })
    .map((input) => leadCreated.safeParse(input))
    .filter(({ success }) => success)
    .map(({ data }) => data as LeadCreated);

  it('is cleaned without an error and within the contract, and cleaning again changes nothing more', () => {
    fc.assert(
      fc.property(leads, fc.constantFrom('US', 'DE', 'AR', 'IT', 'ZZ'), (input, defaultRegion) => {
        const once = clean(input, { defaultRegion });
        if ('refused' in once) return;
        const {
          contact: { address, ...contact },
          dossier: { other, ...leadData },
          ip,
          timeZone,
        } = once;
        expect(contactSchema.parse(once.contact)).toEqual(once.contact);
        expect(dossierSchema.parse(once.dossier)).toEqual(once.dossier);
        expect(JSON.parse(JSON.stringify(once))).toEqual(once);
        const { leadData: unknown, ...rest } = { leadData: {}, ...other };
        const twice = clean(
          { ...rest, ...contact, ip, timeZone, leadData: { ...unknown, ...leadData } },
          { defaultRegion },
        );
        expect(twice).toEqual({ ...once, changes: [] });
        expect('contact' in twice && twice.contact.address).toBe(address);
      }),
      { numRuns: 300 },
    );
  });

  it('is stable under a second cleaning where a letter meets its mark', () => {
    const input = lead({ firstName: 'e\u200d\u0301\u200d\u1100' });
    expect(cleaned(input).contact.firstName).toBe('é\u1100');
  });

  it.each(['\u0316\u0301', '\u200d', ' ', 'a.', '\ud800', '\u200bا', '{', '.a/'])(
    'a long run of %j costs no more than reading it',
    (part) => {
      const long = part.repeat((256 * 1024) / part.length);
      const values = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, long]));
      const { dossier } = cleaned(
        lead({
          firstName: long,
          phone: long,
          timeZone: long,
          leadData: { source: 's', pageURL: `https://e.com/?${long}`, fields: { ...values, [long]: long } },
        }),
      );
      expect(JSON.stringify(dossier).length).toBeLessThan(1_000_000);
    },
  );
});
