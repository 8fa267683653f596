import { describe, expect, it } from '@jest/globals';
import { nameByClaims } from './oidc-roles.ts';

describe('the author of a person’s commands', () => {
  const ana = { sub: 'user-1', email: 'ana@example.com', preferred_username: 'ana' };

  it.each([
    [undefined, true, 'ana@example.com'],
    [undefined, false, 'user-1'],
    ['email', true, 'ana@example.com'],
    ['email', false, undefined],
    ['email', undefined, undefined],
    ['preferred_username', false, 'ana'],
  ])('by %s with an address verified: %s is %s', (claim, email_verified, name) => {
    expect(nameByClaims({ ...ana, email_verified }, claim)).toBe(name);
  });
});
