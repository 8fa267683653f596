import type { PlannedStep } from '@leadstream/contracts/events';
import { mayChat, type ProviderResponse } from '@leadstream/lead/claim';
import type { LeadState } from '@leadstream/lead/state';
import type { Notice, Outcome } from '@leadstream/providers/port';
import { RepChat, type RepChatParts } from '@leadstream/sender/rep-chat';
import type { Wait } from '@leadstream/sequences/simulator/work';
import type { ChatAddress, RepChats } from '@leadstream/service/rep-chats';
import type { Account, Post } from './calls.ts';
import { CHAT_FAULTS } from './esp-faults.ts';
import { promised, type Process, type SimulatedRun } from './faults.ts';
import { markOf } from './marked-mail.ts';

const SLACK: ChatAddress = { chat: 'slack', url: 'https://hooks.slack.example/services/reps' };
const TEAMS: ChatAddress = { chat: 'teams', url: 'https://workflows.example/ana' };
/** `REP_CHATS` of a run, and its weight: most runs have mails alone. */
const DEPLOYED: readonly (readonly [weight: number, chats: RepChats])[] = [
  [15, new Map()],
  [3, new Map([['*', SLACK]])],
  [1, new Map([['ana', TEAMS]])],
  [
    1,
    new Map([
      ['ana', TEAMS],
      ['*', SLACK],
    ]),
  ],
];
/** A breaker that is open, or other notices in hand: this one goes by mail. */
const BUSY = 0.2;

/** The reps' chats, whose faults are drawn as the provider's. */
export class Chats {
  readonly posts: Post[] = [];
  readonly #run: SimulatedRun;
  readonly #account: Account;
  #addresses: RepChats | undefined;

  constructor(run: SimulatedRun, account: Account) {
    this.#run = run;
    this.#account = account;
  }

  /** The chat of the rep; undefined: the rep gets mails. */
  of(rep: string | undefined): ChatAddress | undefined {
    this.#addresses ??= DEPLOYED[this.#run.choices.pickOnce('chats', WEIGHTS)]?.[1] ?? new Map();
    return this.#addresses.get(rep ?? '*') ?? this.#addresses.get('*');
  }

  /** Whether a chat takes no notice now. */
  get isBusy(): boolean {
    return this.#run.goesWrong('provider', BUSY);
  }

  take(process: Process, { to, subject, text, leadId, sendId }: Notice): Wait<ProviderResponse> {
    const about = { sendId, leadId, mark: markOf(text), to: to.url, toStaff: true, provider: to.chat, isSilent: true };
    return this.#account.fire(process, {
      ...{ leadId, sendId, subject: `a post of ${subject}`, provider: to.chat, faults: CHAT_FAULTS },
      accept: (answered) => void this.posts.push({ ...about, answered, atMs: this.#run.time.nowMs }),
    });
  }
}

const WEIGHTS = DEPLOYED.map(([weight]) => weight);
/** Without a chat there is no breaker: opossum's time is real. */
const UNBROKEN = { chats: new Map() } as Partial<RepChatParts> as RepChatParts;

/** The sender's client of the chats, without its breakers. */
export class SimulatedRepChat extends RepChat {
  readonly #chats: Chats;
  readonly #process: Process;

  constructor(chats: Chats, process: Process) {
    super(UNBROKEN);
    this.#chats = chats;
    this.#process = process;
  }

  override for(state: LeadState, step: PlannedStep, rep: string | undefined): ChatAddress | undefined {
    if (!mayChat(state, step)) return undefined;
    const address = this.#chats.of(rep);
    return address && !this.#chats.isBusy ? address : undefined;
  }

  override fire(notice: Notice): Promise<Outcome> {
    return promised(this.#chats.take(this.#process, notice));
  }
}
