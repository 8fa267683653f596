/** The stages of the canary's way, in their order. */
export const STAGES = [
  'door',
  'triaged',
  'planned',
  'due',
  'claimed',
  'accepted',
  'received',
  'delivered',
  'order',
  'completed',
  'answered',
  'stopped',
  'quiet',
] as const;
export type Stage = (typeof STAGES)[number];

/** For the operator: the part that is broken when the stage does not come. */
export const SAYS: Readonly<Record<Stage, string>> = {
  door: 'ingest has not taken the lead: its address, the canary’s key in INGEST_API_KEYS, ingest or NATS',
  triaged: 'ingest took the lead, and the read model does not have it: triage or the projector',
  planned: 'no mail is planned: the scheduler, or the sequence canary is not deployed',
  due: 'the mail is planned, and its time has passed: the scheduler, or the projector',
  claimed: 'the mail is due, and no sender has taken it: the sender, its open breaker, a pause or the pace',
  accepted: 'the provider has not taken the mail: its key, its address in DNS, or the provider itself',
  received: 'the provider took the mail, and it is not in the mailbox',
  delivered:
    'the mail has arrived, and the provider’s event has not: its webhook, the key of its signature, or inbound',
  order: 'the second mail came before the first',
  completed: 'both mails are out, and the run has not ended: the scheduler',
  answered: 'the canary could not answer the mail: its mailbox',
  stopped: 'the answer is not in the log: INBOUND_SECRET, the address of inbound, REPLY_DOMAIN in DNS, or inbound',
  quiet: 'a mail went out although the lead had answered',
};
