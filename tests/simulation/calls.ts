import type { Chat, Recorded } from '@leadstream/contracts/events';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { Wait } from '@leadstream/sequences/simulator/work';
import type { EspFault, Named } from './esp-faults.ts';
import type { Process } from './faults.ts';
import type { SimulatedEsp } from './reported.ts';

/** A mail that the provider accepted. */
export interface Mail {
  sendId: string;
  leadId: string;
  mark: string | undefined;
  to: string;
  toStaff: boolean;
  atMs: number;
  answered: EspFault['answered'];
  provider: SimulatedEsp | 'twilio';
  /** No webhook reports on it. */
  isSilent?: boolean;
}
/** A notice that a chat posted. */
export interface Post extends Omit<Mail, 'provider'> {
  provider: Chat;
}
/** A call at the provider: its time, the log's last event then, and the last event that the caller had read. */
export interface Call {
  sendId: string;
  leadId: string;
  by: string;
  atMs: number;
  afterSeq: number;
  readSeq: number;
}
/** A call of a sender, and the provider's part of it. */
export interface Firing {
  leadId: string;
  sendId: string;
  subject: string;
  provider: SimulatedEsp | 'twilio' | Chat;
  /** The answer about this recipient, which takes nothing. */
  refusal?: Named | undefined;
  faults: readonly [Named, ...Named[]];
  accept: (answered: EspFault['answered']) => void;
}
/** An event that the log must have, because inbound received its feedback. */
export interface ExpectedEvent {
  leadId: string;
  type: Recorded['type'];
  sendId: string;
  sequence?: string;
  forged?: boolean;
}

/** The provider's part that the SMS gateway and the chats share: its faults, its record and its posts. */
export interface Account {
  readonly mails: Mail[];
  fire: (process: Process, firing: Firing) => Wait<ProviderResponse>;
  post: (
    subject: string,
    body: object,
    what: string,
    ms: number,
    expected: ExpectedEvent | undefined,
    weight?: number,
  ) => void;
}

/** The end of an id, which is enough to tell it apart. */
export const short = (id: string): string => `…${id.slice(-4)}`;
