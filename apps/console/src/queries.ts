import { instantOf } from '@leadstream/lead/at';
import { z } from 'zod';
import { label } from './texts.ts';

const isInstant = (text: string): boolean => {
  try {
    return instantOf(text) !== '';
  } catch {
    return false;
  }
};

/** `?version=` or `?at=`: the lead as it was. */
export const leadQuery = z
  .strictObject({
    version: z
      .string()
      .regex(/^[1-9]\d{0,8}$/, 'must be a whole number above 0')
      .transform(Number)
      .optional()
      .describe('The lead after so many events'),
    at: z
      .string()
      .max(100)
      .refine(isInstant, 'must have a zone or an offset: 2026-11-24T09:00[Europe/Berlin] or 2026-11-24T08:00Z')
      .optional()
      .describe('The lead as its log was at this time, with its zone or offset'),
  })
  .refine(({ version, at }) => version === undefined || at === undefined, 'version or at, not both');

/** `?send=` or `?step=`: why this mail went out. */
export const explainQuery = z
  .strictObject({
    send: label.optional().describe('The id of the mail’s claim'),
    step: label.optional().describe('The step of the latest run that has it'),
  })
  .refine(({ send, step }) => send === undefined || step === undefined, 'send or step, not both');
