import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '@leadstream/testing/any-text';
import { toASCII } from 'tr46';
import { canonicalAddress, readMailbox, recipientAddress } from './address.ts';

describe('one address is one lead', () => {
  it.each([
    ['whatever its case', 'Jane.Doe@Example.COM', 'jane.doe@example.com'],
    ['with blanks around it', ' \u00a0\tjane@example.com\r\n', 'jane@example.com'],
    ['with zero-width characters pasted in', '\ufeffja\u200bne\u200d@exam\u00adple.com', 'jane@example.com'],
    ['with its domain in its own script', 'jane@MÜNCHEN.de', 'jane@xn--mnchen-3ya.de'],
    ['with its domain decomposed', 'jane@mu\u0308nchen.de', 'jane@xn--mnchen-3ya.de'],
    ['with an ideographic dot', 'jane@例え。jp', 'jane@xn--r8jz45g.jp'],
    ['with needless quotes', '"Jane.D\\oe"@example.com', 'jane.doe@example.com'],
    ['with quotes that it needs', '"jane @ \\"home\\""@example.com', '"jane @ \\"home\\""@example.com'],
    ['with a tag, which is another mailbox', "o'brien+tag@example.co.uk", "o'brien+tag@example.co.uk"],
  ])('%s', (_, raw, canonical) => {
    expect(canonicalAddress(raw)).toBe(canonical);
  });

  it('also when it is canonical already', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.emailAddress(),
          anyText().map((text) => `${text}@exämple.com`),
        ),
        (raw) => {
          const canonical = canonicalAddress(raw);
          if (canonical !== undefined) expect(canonicalAddress(canonical)).toBe(canonical);
        },
      ),
    );
  });
});

it('a domain is the one that UTS 46 makes of it, also where its mapping is not asked', () => {
  const options = { checkBidi: true, checkJoiners: true, useSTD3ASCIIRules: true, verifyDNSLength: true };
  const long = 'a'.repeat(62);
  const part = fc.constantFrom(...'a Z 7 - . .b xn-- XN-- n _ ! ß \u212a ſ'.split(' '), ' ', '\n', long);
  const domains = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(domains, fc.constantFrom('', '.de'), (name, end) => {
      const made = toASCII(name + end, options) ?? '';
      const isHost = /^[^-.]/.test(made) && !/-\.|\.-|-$|\.\d+$/.test(made) && made.includes('.') && made.length <= 252;
      const read = readMailbox(`j@${name}${end}`);
      expect('address' in read ? read.address : undefined).toBe(isHost ? `j@${made}` : undefined);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['Ann@Example.com', 'ann@example.com'],
  ['<ann@example.com>', 'ann@example.com'],
  ['"Lee, Ann" <ann@example.com>', 'ann@example.com'],
  ['ann@example.com.', 'ann@example.com'],
  ['"ann lee"@example.com', '"ann lee"@example.com'],
  ['ann@example.com, bob@example.com', 'ann@example.com, bob@example.com'],
  ['undisclosed recipients:;', 'undisclosed recipients:;'],
  ['', ''],
])('the recipient %j of an event is %j', (spelled, address) => {
  expect(recipientAddress(spelled)).toBe(address);
});

describe('an address is refused', () => {
  const longLabel = 'a'.repeat(63);
  it.each([
    ['without an @', 'jane.example.com', 'no address'],
    ['without anything before the @', '@example.com', 'no address'],
    ['with two @', 'jane@home@example.com', 'more than one @'],
    ['with a display name', 'Jane <jane@example.com>', 'bare address'],
    ['with a comment', 'jane@example.com (work)', 'bare address'],
    ['in a list', 'jane@example.com, joe@example.com', 'bare address'],
    ['with a header behind it', 'jane@example.com\r\nBcc: joe@example.com', 'bare address'],
    ['with a line break inside', 'jane\r\n@example.com', 'blank, control'],
    ['with a NUL inside', 'jane\0@example.com', 'blank, control'],
    ['with a blank inside', 'jane doe@example.com', 'blank, control'],
    ['with a dot first', '.jane@example.com', 'dot'],
    ['with a dot last', 'jane.@example.com', 'dot'],
    ['with two dots in a row', 'jane..doe@example.com', 'dot'],
    ['with letters that our provider cannot write to', 'żółw@example.com', 'SMTPUTF8'],
    ['with 65 octets before the @', `${'a'.repeat(65)}@example.com`, '64 octets'],
    ['with more than 254 octets', `${'a'.repeat(64)}@${`${longLabel}.`.repeat(2)}${'a'.repeat(60)}.com`, '254 octets'],
    ['with a label of 64 octets', `jane@a${longLabel}.com`, 'no host name'],
    ['with a domain of 254 octets', `jane@${`${longLabel}.`.repeat(3)}${'a'.repeat(58)}.com`, 'no host name'],
    ['with an address literal', 'jane@[192.0.2.1]', 'literal'],
    ['with an IP address', 'jane@192.0.2.1', 'IP address'],
    ['with a domain without a dot', 'jane@localhost', 'without a dot'],
    ['with a domain that is none', 'jane@exa_mple.com', 'no host name'],
    ['with an empty label', 'jane@example..com', 'no host name'],
    ['with a label that begins with a hyphen', 'jane@-example.com', 'no host name'],
    ['with broken punycode', 'jane@xn--a.com', 'no host name'],
  ])('%s', (_, raw, reason) => {
    const read = readMailbox(raw);
    expect(read).toEqual({ reason: expect.stringContaining(reason) });
    expect(canonicalAddress(raw)).toBeUndefined();
  });

  it.each([
    'a'.repeat(1_000_000),
    `${'a.'.repeat(500)}@`,
    `"${'\\"'.repeat(490)}`,
    `a@${'ü.'.repeat(490)}`,
    '\u0316\u0301'.repeat(500_000),
    `${'@'.repeat(999)}`,
  ])('without effort when it is hostile: %.12s', (raw) => {
    expect(canonicalAddress(raw)).toBeUndefined();
  });

  it('with a reason that does not quote it', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Z]{12}$/),
        fc.constantFrom('', '@', '@x', '@x..y', ' @x.y', '@@x.y', '@[x]'),
        (name, rest) => {
          const read = readMailbox(name + rest);
          if ('reason' in read) expect(read.reason).not.toContain(name);
        },
      ),
    );
  });
});
