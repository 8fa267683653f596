import { z } from 'zod';
import { roles } from './roles.ts';

const instant = z.iso.datetime({ offset: true });

/** The answer of `GET /v1/me`. */
export const me = z.object({
  by: z.string().describe('The author of the caller’s commands'),
  role: z.enum(roles),
  may: z.array(z.enum(['read', 'command', 'admin'])),
  via: z.enum(['token', 'proxy', 'local']),
  badge: z.string().nullable().describe('Shown beside the name: nobody has signed in'),
  now: instant.describe('The services’ clock'),
  delayScale: z.number().describe('Every wait is multiplied by it'),
});
export type Me = z.infer<typeof me>;
