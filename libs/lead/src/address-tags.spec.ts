import { expect, it } from '@jest/globals';
import { tagsOfAddress } from './address-tags.ts';

it.each([
  ['jane@example.com', []],
  ['info@example.com', ['address:role']],
  ['sales+web@example.com', ['address:role']],
  ['jane@mailinator.com', ['address:disposable']],
  ['info@eu.mailinator.com', ['address:role', 'address:disposable']],
  ['informatik@example.com', []],
])('the address %s gives the tags %j', (address, tags) => {
  expect(tagsOfAddress(address)).toEqual(tags);
});
