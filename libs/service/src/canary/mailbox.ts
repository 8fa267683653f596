/** A mail of ours that arrived at an address of the canary. */
export interface ReceivedMail {
  /** The claim that its Message-ID names; '' for another mail. */
  sendId: string;
  /** RFC 3339. */
  at: string;
  /** It lies in the mailbox's folder for spam. */
  isSpam?: true;
  answeredAt?: string;
}

/** The mailbox of the canary's addresses. Each call rejects when its server does not answer. */
export interface Mailbox {
  /** The mails to this address, the oldest first. */
  received(address: string): Promise<readonly ReceivedMail[]>;
  /** Answers the first of them as a person would. A second answer to the same mail has the same Message-ID. */
  answer(address: string): Promise<void>;
}

/** The claim in a Message-ID of ours, `<sendId.token@domain>`. */
export const sendIdIn = (messageId: string): string => /^<([^.@>]+)\./.exec(messageId.trim())?.[1] ?? '';

export const ANSWER = 'Thank you. This is the answer of the canary to the first mail.';
export const answerIdOf = (sendId: string): string => `<canary-${sendId}@canary.invalid>`;
