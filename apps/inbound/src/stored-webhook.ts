import { CE, ContractError, dataVersionOf, describeIssues, mustBeReadable } from '@leadstream/contracts/envelope';
import { FEEDBACK_VERSION } from '@leadstream/contracts/feedback';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Poison } from '@leadstream/eventlog/errors';
import type { z } from 'zod';

/** The time at which the webhook was stored, by the clock of the service that stored it. */
export function receivedAt({ message }: Delivery): string {
  const time = message.headers?.get(CE.time);
  if (!time) throw new Poison(`${CE.time} header is missing`);
  return time;
}

/** Only our services write FEEDBACK; a message that can't be read may still be a lead's, and goes to quarantine. */
export function read<T>({ message }: Delivery, schema: z.ZodType<T>): T {
  mustBeReadable(message.subject, dataVersionOf(message.headers), FEEDBACK_VERSION);
  return parsed(() => {
    const result = schema.safeParse(JSON.parse(new TextDecoder().decode(message.data)));
    if (!result.success) throw new ContractError(describeIssues(result.error));
    return result.data;
  });
}

export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ContractError || error instanceof SyntaxError)
      throw new Poison(error.message, { cause: error });
    throw error;
  }
}
