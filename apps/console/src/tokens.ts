import { field } from '@leadstream/service/config';
import type { Digested } from '@leadstream/service/keys';
import { roles, type Role } from './roles.ts';

export interface Token extends Digested {
  /** The author of the holder's commands. */
  name: string;
  role: Role;
}

const ENTRY = new RegExp(`^([\\w.-]{1,64}):(${roles.join('|')}):sha256:([\\da-f]{64})$`, 'i');

/** `name:<role>:sha256:<hex>`, from which the token cannot be read. */
export const tokens = field.commaList.transform((entries, context) =>
  entries.flatMap((entry, index): Token[] => {
    const [, name, given, hex] = ENTRY.exec(entry) ?? [];
    const role = roles.find((one) => one === given?.toLowerCase());
    if (name && role && hex) return [{ name, role, digest: Buffer.from(hex, 'hex') }];
    context.addIssue(`entry ${index + 1} must be name:${roles.join('|')}:sha256:<64 hex digits>`);
    return [];
  }),
);
