import type { LeadView } from '../../../src/schemas.ts';

/** The mail of a step, made again as it went out. */
export const ReadMail = (_: { lead: LeadView; sendIds: readonly string[] }) => null;
