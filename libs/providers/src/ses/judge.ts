import type { Judge, Verdict, WebhookHeaders } from '../port.ts';
import type { SnsEndpoint } from './endpoint.ts';
import { certificatePath, envelopeOf, isSignedBy, type Posted } from './sns.ts';

const TYPES = new Set(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']);

/** Every post of SNS names its type in a header, with raw delivery too. */
export const isOfSns = (headers: WebhookHeaders): boolean => TYPES.has(String(headers['x-amz-sns-message-type']));

/**
 * Judges posts of SNS. Amazon signs the posts of anybody's topic, so only `topics` count. A subscription of one of them
 * is confirmed. A raw delivery has no signature: its proof is the secret in the URL.
 */
export const snsJudge =
  (topics: readonly string[], endpoint: SnsEndpoint): Judge =>
  async (headers, body, isSecret) => {
    if (headers['x-amz-sns-rawdelivery'] === 'true')
      return isSecret && topics.includes(String(headers['x-amz-sns-topic-arn'])) ? 'ours' : 'forged';
    const post = envelopeOf(Buffer.concat(body).toString());
    if (!post || !topics.includes(post.TopicArn)) return 'forged';
    try {
      return (await isSigned(post, endpoint)) ? await acted(post, endpoint) : 'forged';
    } catch {
      return 'unjudged';
    }
  };

async function isSigned(post: Posted, endpoint: SnsEndpoint): Promise<boolean> {
  const path = certificatePath(post);
  const key = path && (await endpoint.key(post.TopicArn, path));
  return key ? isSignedBy(key, post) : false;
}

/** An unsubscribe was somebody's decision, and is not undone. */
async function acted(post: Posted, endpoint: SnsEndpoint): Promise<Verdict> {
  switch (post.Type) {
    case 'Notification':
      return 'ours';
    case 'SubscriptionConfirmation':
      await endpoint.confirm(post.TopicArn, post.Token);
      return 'answered';
    case 'UnsubscribeConfirmation':
      return 'answered';
  }
}
