import type { GatewayReceiver } from '../port.ts';
import { parseStatus, parseText } from './posts.ts';
import { isSigned, SIGNATURE } from './signature.ts';

const HEADER = 'x-twilio-signature';
/** A text has 1,600 characters at most; its media stay at Twilio. */
const BYTES_MAX = 64 * 1024;

/** Twilio's status callbacks and incoming texts, signed with the account's auth token. */
export const twilioReceiver: GatewayReceiver<{ TWILIO_AUTH_TOKENS?: readonly string[] | undefined }> = {
  judge: ({ TWILIO_AUTH_TOKENS: tokens }) =>
    tokens &&
    ((url, headers, body) => {
      const given = headers[HEADER];
      return typeof given === 'string' && isSigned(tokens, url, body, given);
    }),
  hasSignatureShape: (headers) => {
    const given = headers[HEADER];
    return typeof given === 'string' && SIGNATURE.test(given);
  },
  bytesMax: BYTES_MAX,
  parseStatus,
  parseText,
};
