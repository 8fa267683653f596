import { field } from '@leadstream/service/config';
import { digest, type Digested } from '@leadstream/service/keys';

export interface ApiKey extends Digested {
  /** The key's holder; the log has this name instead of the key. */
  name: string;
}

const HASHED = /^([\w.-]{1,64}):sha256:([\da-f]{64})$/i;

/** `name:sha256:<hex>`, from which the key cannot be read; or the key itself, named by its position in the list. */
export const apiKeys = field.commaList.transform((entries, context) =>
  entries.map((entry, index): ApiKey => {
    const [, name, hex] = HASHED.exec(entry) ?? [];
    if (name && hex) return { name, digest: Buffer.from(hex, 'hex') };
    // A mistyped digest must not count as a plain key: the intended secret would be rejected, and the entry itself
    // accepted.
    if (/:sha256:/i.test(entry)) context.addIssue(`entry ${index + 1} must be name:sha256:<64 hex digits>`);
    else if (!field.key.safeParse(entry).success)
      context.addIssue(`entry ${index + 1} must have at least 16 characters`);
    return { name: `key-${index + 1}`, digest: digest(entry) };
  }),
);
