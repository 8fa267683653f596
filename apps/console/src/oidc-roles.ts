import { field } from '@leadstream/service/config';
import type { Role } from './roles.ts';

/** The roles of people, from least to most. */
const PEOPLE = ['view', 'operate', 'admin'] as const satisfies Role[];

export interface RoleRule {
  claim: string;
  /** `*`: any. */
  value: string;
  role: (typeof PEOPLE)[number];
}

/** The claim may be a URL, as some issuers name theirs. */
const RULE = new RegExp(`^((?:https?:)?[^:=]{1,200}):(.{1,200})=(${PEOPLE.join('|')})$`);

/** A comma list of `claim:value=role`. */
export const roleRules = field.commaList.transform((entries, context) =>
  entries.flatMap((entry, index): RoleRule[] => {
    const [, claim, value, given] = RULE.exec(entry) ?? [];
    const role = PEOPLE.find((one) => one === given);
    if (claim && value && role) return [{ claim, value, role }];
    context.addIssue(`entry ${index + 1} must be claim:value=${PEOPLE.join('|')}`);
    return [];
  }),
);

export type Claims = Readonly<Record<string, unknown>>;

/** The highest role that the claims have by the rules; undefined: none. */
export const roleByClaims = (claims: Claims, rules: readonly RoleRule[]): Role | undefined =>
  PEOPLE.findLast((role) => rules.some((rule) => rule.role === role && matches(claims, rule)));

function matches(claims: Claims, { claim, value }: RoleRule): boolean {
  // Whoever may write an address into a profile would else have the role of its owner.
  if (claim === 'email' && claims['email_verified'] !== true) return false;
  const values = [valueOf(claims, claim)].flat().filter((one) => one !== undefined && one !== null && one !== '');
  return values.some((one) => value === '*' || one === value || (typeof one === 'boolean' && `${one}` === value));
}

/** By its name, else by its path: Keycloak has `realm_access.roles`. */
function valueOf(claims: Claims, claim: string): unknown {
  if (Object.hasOwn(claims, claim)) return claims[claim];
  return claim
    .split('.')
    .reduce<unknown>(
      (holder, name) =>
        typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
          ? (holder as Claims)[name]
          : undefined,
      claims,
    );
}

const NAME_LENGTH_MAX = 200;

/**
 * The author of the person's commands: `claim`, by default the verified address, else the issuer's own id of the
 * person; undefined when it cannot stand in a log, or is an address that nobody verified.
 */
export function nameByClaims(claims: Claims, claim: string | undefined): string | undefined {
  const address = claims['email_verified'] === true ? claims['email'] : undefined;
  const given = (of: string) => (of === 'email' ? address : valueOf(claims, of));
  const name = claim === undefined ? (address ?? claims['sub']) : given(claim);
  const isName = typeof name === 'string' && name !== '' && name.length <= NAME_LENGTH_MAX;
  return isName && !/[\p{Cc}\p{Cf}]/u.test(name) ? name : undefined;
}
