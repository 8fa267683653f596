import { z } from 'zod';

/** The ids that a mail bears at its provider, as the events bring them back: strings that anybody may have written. */
export const ownIds = {
  send_id: z
    .string()
    .regex(/^[\w-]{1,80}$/)
    .optional()
    .catch(undefined),
  // A lead id becomes part of a subject, so its form is checked.
  lead_id: z.uuid().toLowerCase().optional().catch(undefined),
};
