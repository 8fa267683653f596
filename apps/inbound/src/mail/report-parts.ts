/** What of a delivery status notification is kept (RFC 3464, RFC 6533): its status, and the header of the mail that it returns. */

/** A hundred recipients; our mails have one. */
export const PART_BYTES = 32 * 1024;

export const isStatus = (type: string): boolean => /^message\/(?:global-)?delivery-status\b/i.test(type);
/** The mail itself, or no more than its header. */
export const isReturned = (type: string): boolean => /^(?:message\/(?:rfc822|global|global-headers)|text\/rfc822-headers)(?![\w-])/i.test(type);

/** Not a word of its body. */
export const headerOf = (mail: string): string => mail.trimStart().split(/\r?\n\r?\n/, 1)[0] ?? '';
