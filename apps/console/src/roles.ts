/** `admin`: what cannot be undone, and what concerns all leads. */
export type Right = 'read' | 'command' | 'admin';

/** `command` is for another program, e.g. a CRM’s workflow: it gives commands, and no personal data is sent to it. */
export const ROLES = {
  command: ['command'],
  view: ['read'],
  operate: ['read', 'command'],
  admin: ['read', 'command', 'admin'],
} as const satisfies Record<string, readonly Right[]>;
export type Role = keyof typeof ROLES;

export const roles = Object.keys(ROLES) as Role[];

export const may = (role: Role, right: Right): boolean => ROLES[role].some((one) => one === right);
