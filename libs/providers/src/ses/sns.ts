import { verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';

const PARTITIONS: ReadonlyMap<string, string> = new Map([
  ['aws', 'amazonaws.com'],
  ['aws-us-gov', 'amazonaws.com'],
  ['aws-cn', 'amazonaws.com.cn'],
]);
const TOPIC = /^arn:(aws(?:-cn|-us-gov)?):sns:([a-z]{2}(?:-[a-z]{2,20}){1,3}-\d{1,2}):\d{12}:[\w-]{1,256}$/;

/** The host of SNS in a topic's region and partition; undefined for a text that is no topic's ARN. */
export function hostOfTopic(arn: string): string | undefined {
  const [, partition = '', region] = TOPIC.exec(arn) ?? [];
  return region && `sns.${region}.${PARTITIONS.get(partition)}`;
}

const text = z.string().min(1).max(2_000);
const common = {
  MessageId: text,
  TopicArn: text,
  Message: z.string(),
  Timestamp: text,
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.base64().max(2_000),
  SigningCertURL: text,
};
/** The post of SNS to an HTTP endpoint without raw delivery. */
const posted = z.discriminatedUnion('Type', [
  z.object({ Type: z.literal('Notification'), ...common, Subject: z.string().nullish() }),
  z.object({ Type: z.literal('SubscriptionConfirmation'), ...common, Token: text, SubscribeURL: text }),
  z.object({ Type: z.literal('UnsubscribeConfirmation'), ...common, Token: text, SubscribeURL: text }),
]);
export type Posted = z.infer<typeof posted>;

/** The envelope of a post; undefined for any other body. */
export function envelopeOf(body: string): Posted | undefined {
  try {
    return posted.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const DIGESTS = { '1': 'sha1', '2': 'sha256' } as const;

/** The text that SNS signs: each field's name and value on lines of their own; a missing subject is left out. */
export function signedText(post: Readonly<Record<string, unknown>> & { Type: string }): string {
  const names = post.Type === 'Notification' ? NOTIFICATION : CONFIRMATION;
  return names.flatMap((name) => (typeof post[name] === 'string' ? [`${name}\n${post[name]}\n`] : [])).join('');
}

export const isSignedBy = (key: KeyObject, post: Posted): boolean =>
  verify(DIGESTS[post.SignatureVersion], Buffer.from(signedText(post)), key, Buffer.from(post.Signature, 'base64'));

/** SNS's names of its certificates. */
const CERTIFICATE = /^\/SimpleNotificationService-[\w-]{1,100}\.pem$/;

/**
 * The path of the certificate on the host of the topic's region, which the configured topic names, and not the post.
 * Undefined for a URL anywhere else.
 */
export function certificatePath({ TopicArn, SigningCertURL }: Posted): string | undefined {
  const host = hostOfTopic(TopicArn);
  const url = URL.parse(SigningCertURL);
  const isThere = host !== undefined && url?.href === `https://${host}${url?.pathname}`;
  return isThere && CERTIFICATE.test(url.pathname) ? url.pathname : undefined;
}

const wrapper = z.object({ Type: z.literal('Notification'), Message: z.string() });

/** The notification inside a post, wrapped or delivered raw. */
export function messageOf(body: string): string {
  try {
    return wrapper.safeParse(JSON.parse(body)).data?.Message ?? body;
  } catch {
    return body;
  }
}
