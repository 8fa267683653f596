const MIB = 1024 * 1024;

/**
 * SendGrid and Mailgun accept mails up to 30 MB, and put a form around them. The other limits keep the stored form
 * below 7 MB, with any bytes in JSON.
 */
export const MAIL_LIMITS = {
  totalBytes: 32 * MIB,
  fieldBytes: 1 * MIB,
  fieldsJsonBytes: 3 * MIB,
  rawBytes: 1 * MIB,
  /** The limit of one mail's fields in memory; longer ones are cut. */
  heldBytes: 16 * MIB,
  fields: 64,
  attachments: 100,
  parts: 1_000,
  nameLength: 200,
};
export type MailLimits = typeof MAIL_LIMITS;
