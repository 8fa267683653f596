/** A body from a stranger, a form service, a publisher or the provider. */
export interface Payload {
  /** `bus`: a message on the subject `lead.created`; `mail` and `events`: the provider's webhooks. */
  door: 'leads' | 'bus' | 'mail' | 'events';
  url: string;
  contentType: string | undefined;
  body: Buffer;
}

const TEXT_MAX = 4_000;

/** Readable, and enough to send it again. */
export const shown = ({ door, url, contentType, body }: Payload): string => {
  const text = body.toString('utf8');
  const isText = Buffer.from(text).equals(body) && text.length <= TEXT_MAX;
  return `${door} ${url} ${contentType ?? 'without a type'}\n${isText ? text : `base64 ${body.toString('base64')}`}`;
};
