import { z } from 'zod';
import { networkOf, type Network } from './addresses.ts';

export const webhooks = {
  WEBHOOKS_NETWORKS: z
    .string()
    .transform((text, context): Network[] =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .flatMap((item) => {
          const network = networkOf(item);
          if (!network) context.addIssue('must be networks as 10.1.0.0/16, a comma list');
          return network ? [network] : [];
        }),
    )
    .default([])
    .describe(
      'Comma list (CIDR) of the private networks that endpoints of webhooks, and reps’ chats, may be in, by plain ' +
        'http too; empty: public addresses by https only',
    ),
};
