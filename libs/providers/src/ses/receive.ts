import type { Receiver } from '../port.ts';
import { SnsEndpoint } from './endpoint.ts';
import { parseSesEvent } from './events.ts';
import { readSesMail } from './inbound.ts';
import { isOfSns, snsJudge } from './judge.ts';

/** SNS takes 256 KB; JSON in JSON doubles quotes, and a control character is six of them. */
const BYTES_MAX = 2 * 1024 * 1024;

interface Settings {
  SNS_TOPIC_ARNS?: readonly string[] | undefined;
  SNS_BASE_URL?: string | undefined;
}

/**
 * SES's events and received mails, both by SNS. At a 4xx SNS drops a post; at a 5xx it tries again, for a minute by its
 * default policy.
 */
export const sesReceiver: Receiver<Settings> = {
  judge: ({ SNS_TOPIC_ARNS: topics, SNS_BASE_URL: baseUrl }) => topics && snsJudge(topics, new SnsEndpoint(baseUrl)),
  events: { bytesMax: BYTES_MAX, forged: 401, hasSignatureShape: isOfSns, parse: parseSesEvent },
  mail: { bytesMax: BYTES_MAX, isJudged: true, read: readSesMail },
};
