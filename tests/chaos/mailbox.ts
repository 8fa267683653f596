import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxClient, SandboxMessage } from '@leadstream/sandbox-esp/client';
import type { Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { wires } from '@leadstream/sandbox-esp/wires';
import type { Person, Reaction } from './crowd.ts';

const LOOK_EVERY_MS = 50;

/** A reply or event that inbound has answered with 2xx: it may not be lost any more. */
export interface Told {
  email: string;
  reaction: Exclude<Reaction, 'none'>;
}

/** Reads the people's mails on arrival, and makes each person's reaction to their first one. */
export class Mailbox {
  /** Every accepted mail by id: the sandbox itself forgets all but the last 5,000. */
  readonly mails = new Map<string, SandboxMessage>();
  readonly told: Told[] = [];
  readonly #sandbox: Sandbox;
  readonly #client: SandboxClient;
  readonly #people: Map<string, Person>;
  readonly #reacted = new Set<string>();
  readonly #telling = new Set<Promise<void>>();

  constructor(sandbox: Sandbox, client: SandboxClient, crowd: readonly Person[]) {
    this.#sandbox = sandbox;
    this.#client = client;
    this.#people = new Map(crowd.map((person) => [person.email, person]));
  }

  /** Deliveries that the webhooks have not accepted yet: the reactions and the sandbox's own events. */
  get untold(): number {
    const open = [...this.mails.values()].filter(
      ({ events, wire, silent }) =>
        events.length < (silent ? 0 : wires[wire].automatic.length) ||
        events.some(({ status }) => status === undefined),
    );
    return this.#telling.size + open.length;
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const mail of this.#sandbox.messages()) if (!this.mails.has(mail.id)) this.#take(mail);
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #take(mail: SandboxMessage): void {
    this.mails.set(mail.id, mail);
    const email = mail.to;
    const reaction = this.#people.get(email)?.reaction ?? 'none';
    if (reaction === 'none' || this.#reacted.has(email)) return;
    this.#reacted.add(email);
    // A mail that inbound never accepted may be lost, as when a mail server gives up.
    const telling = this.#tell(mail, reaction)
      .then(
        () => {
          this.told.push({ email, reaction });
        },
        () => undefined,
      )
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  #tell({ id: messageId }: SandboxMessage, reaction: Told['reaction']): Promise<unknown> {
    return reaction === 'reply'
      ? this.#client.reply({ messageId, text: 'Thank you. Could we talk on Thursday?' })
      : this.#client.event({ messageId, event: reaction });
  }
}
