import { describe, expect, it } from '@jest/globals';
import { companyOf } from './company.ts';

describe('the company of an address', () => {
  it.each([
    ['jane@acme-industries.com', { companyDomain: 'acme-industries.com', company: 'Acme Industries' }],
    ['jane@mail.eu.siemens.co.uk', { companyDomain: 'siemens.co.uk', company: 'Siemens' }],
    ['jane@sap.com', { companyDomain: 'sap.com', company: 'SAP' }],
    ['jane@xn--mller-kva.de', { companyDomain: 'xn--mller-kva.de' }],
  ])('is that of the registered domain: %s', (address, company) => {
    expect(companyOf(address)).toEqual(company);
  });

  it.each([
    'jane@gmail.com',
    'jane@yahoo.co.uk',
    'jane@web.de',
    'jane@rediffmail.com',
    'jane@mail2world.com',
    'jane@mailinator.com',
    'jane@localhost',
    'jane@[192.0.2.1]',
  ])('is unknown where anybody gets an address: %s', (address) => {
    expect(companyOf(address)).toBeUndefined();
  });
});
