import { describe, expect, it } from '@jest/globals';
import { mailboxHash, mailboxOf } from './mailbox.ts';

describe('a mailbox', () => {
  it.each([
    ['jane@acme-corp.com', 'jane@acme-corp.com'],
    ['jane+a@acme-corp.com', 'jane@acme-corp.com'],
    ['jane+a+b@acme-corp.com', 'jane@acme-corp.com'],
    ['+jane@acme-corp.com', '+jane@acme-corp.com'],
    ['j.a.n.e+x@gmail.com', 'jane@gmail.com'],
    ['jane@googlemail.com', 'jane@gmail.com'],
    ['j.ane@acme-corp.com', 'j.ane@acme-corp.com'],
    ['jane-news@yahoo.de', 'jane@yahoo.de'],
    ['jane-doe@acme-corp.com', 'jane-doe@acme-corp.com'],
    ['shop@jane.fastmail.com', 'jane@fastmail.com'],
    ['jane@me.com', 'jane@icloud.com'],
    ['jane+1@pm.me', 'jane@proton.me'],
    ['j.a-n_e+2@protonmail.ch', 'jane@proton.me'],
    ['-._@proton.me', '-._@proton.me'],
    ['jane@ya.ru', 'jane@yandex.com'],
    ['"a b"@acme-corp.com', '"a b"@acme-corp.com'],
  ])('of %s is %s', (address, name) => {
    expect(mailboxOf(address).name).toBe(name);
  });

  it.each([
    ['jane@acme-corp.com', true],
    ['jane@gmail.com', false],
    ['jane@yahoo.co.uk', false],
    ['jane@hotmail.fr', false],
    ['jane@gmx.de', false],
    ['jane@live.acme-corp.com', true],
    ['jane@example.com', false],
    ['jane@mail.example.org', false],
    ['jane@acme.test', false],
    ['jane@notexample.com', true],
  ])('at the domain of %s is of a company: %s', (address, isCompany) => {
    expect(mailboxOf(address).isCompany).toBe(isCompany);
  });

  it.each([
    ['jane@acme.com', 'acme.com'],
    ['jane@x1.mail.acme.com', 'acme.com'],
    ['jane@a.acme.co.uk', 'acme.co.uk'],
    ['jane@intranet.lan', 'intranet.lan'],
  ])('of %s is at the domain %s, whatever its subdomain', (address, domain) => {
    expect(mailboxOf(address).domain).toBe(domain);
  });

  it('is a hash without the address in a key, and another one with another secret', () => {
    expect(mailboxHash('a secret of the tests', 'jane@acme-corp.com')).toMatch(/^[0-9a-f]{32}$/);
    expect(mailboxHash('another', 'jane@acme-corp.com')).not.toBe(
      mailboxHash('a secret of the tests', 'jane@acme-corp.com'),
    );
  });
});
