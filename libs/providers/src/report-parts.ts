/**
 * The kept parts of a delivery status notification (RFC 3464, RFC 6533): its status, and the returned mail's header.
 */

/** Enough for a hundred recipients; our mails have one. */
export const PART_BYTES = 32 * 1024;

export const isStatus = (type: string): boolean => /^message\/(?:global-)?delivery-status\b/i.test(type);
/** The returned mail, or its header alone. */
export const isReturned = (type: string): boolean =>
  /^(?:message\/(?:rfc822|global|global-headers)|text\/rfc822-headers)(?![\w-])/i.test(type);

/** The header without the body, which is personal. */
export const headerOf = (mail: string): string => mail.trimStart().split(/\r?\n\r?\n/, 1)[0] ?? '';
