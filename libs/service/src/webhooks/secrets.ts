import { createHmac, randomBytes } from 'node:crypto';
import { unwrap, wrap, wrappedBy, wrappingKey } from '@leadstream/eventlog/seal';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** The secret as Standard Webhooks writes it: `whsec_` and the key in base64. */
export const drawSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(PREFIX.length), 'base64');

/** The secrets of the environment that wrap endpoints' secrets: DATA_KEYS, the first of which wraps. */
export class Sealer {
  readonly #wrapping: ReturnType<typeof wrappingKey>[];

  constructor(dataKeys: readonly string[] | undefined) {
    this.#wrapping = (dataKeys ?? []).map(wrappingKey);
  }

  /** The secret of an endpoint, sealed for it alone. Throws without DATA_KEYS. */
  seal(secret: string, endpoint: string): string {
    const [first] = this.#wrapping;
    if (!first) throw new Error('DATA_KEYS is not set: the secret of an endpoint cannot be sealed');
    return wrap(first, Buffer.from(secret), about(endpoint)).toString('base64');
  }

  /** The secret; undefined when none of DATA_KEYS sealed it for this endpoint. */
  open(sealed: string, endpoint: string): string | undefined {
    return unwrap(this.#wrapping, Buffer.from(sealed, 'base64'), about(endpoint))?.toString();
  }

  /** Whether the first secret of DATA_KEYS sealed it. */
  isCurrent(sealed: string): boolean {
    return wrappedBy(Buffer.from(sealed, 'base64')) === this.#wrapping[0]?.id;
  }
}

/** A lead's id has no slash, so that no key of a lead opens as a secret of an endpoint. */
const about = (endpoint: string): string => `webhook/${endpoint}`;

export interface Signed {
  id: string;
  /** Seconds since 1970. */
  timestamp: number;
  body: string;
}

/** The headers of Standard Webhooks, with a signature by each secret: after a rotation the receiver may have either. */
export function signedHeaders(secrets: readonly string[], { id, timestamp, body }: Signed): Record<string, string> {
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
