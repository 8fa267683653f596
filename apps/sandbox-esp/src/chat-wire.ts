import type { Wire } from './wire.ts';

/** A chat posts nothing back. */
export const chatWire: Wire = {
  automatic: [],
  event: () => undefined,
  posts: () => [],
  inbound: () => {
    throw new Error('a chat’s incoming webhook has no answers');
  },
  retriesEvents: () => false,
  retriesMail: () => false,
};
