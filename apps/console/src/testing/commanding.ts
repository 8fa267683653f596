import { enrolled } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import type { KindName } from '../kinds.ts';
import type { Role } from '../roles.ts';
import { House } from './house.ts';
import { opened, type Opened, untilReady } from './opened.ts';

export interface Given {
  role?: Role;
  key?: string;
  ifMatch?: string;
  headers?: Record<string, string>;
  path?: string;
  on?: Opened;
}
export interface Answer {
  code?: string;
  reason?: string;
  remedy?: string | null;
  detail?: string;
  event?: { id: string; type: string; version: number };
  lead?: { version: number; status: string };
  since?: { type: string }[];
  errors?: { field: string }[];
}

/** A body of each kind that a lead in the middle of its first run allows. */
export const BODIES = {
  pause: { reason: 'is on the phone with us' },
  resume: {},
  stop: { reason: 'said so on the phone' },
  restart: {},
  move: { sequence: 'content-nurture', step: 'second' },
  enrol: { sequence: 'sales-demo' },
  tag: { tags: ['customer'] },
  untag: { tags: ['source:whitepaper'] },
  assign: { rep: 'ben' },
  note: { text: 'prefers to be called' },
  erase: { reason: 'ticket 17' },
  resolve: { sendId: 'send-1', as: 'skipped' },
} as const satisfies Record<KindName, object>;

/** A house and a console, which takes any number of commands. */
export class Commanding {
  readonly house: House;
  readonly console: Opened;

  private constructor(house: House, console: Opened) {
    this.house = house;
    this.console = console;
  }

  static async open(): Promise<Commanding> {
    const house = await House.open();
    const console = await opened({ ...house.env, CONSOLE_COMMANDS_PER_MINUTE: '100000' });
    await untilReady(console);
    await eventually(async () => (await console.ask('GET', '/readyz')).statusCode === 200);
    return new Commanding(house, console);
  }

  async give(leadId: string, body: unknown, given: Given = {}) {
    const { role = 'operate', key = crypto.randomUUID(), ifMatch, headers, path = 'commands' } = given;
    const answer = await (given.on ?? this.console).ask('POST', `/v1/leads/${leadId}/${path}`, {
      role,
      body,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key ? { 'idempotency-key': key } : {}),
        ...(ifMatch ? { 'if-match': ifMatch } : {}),
        ...headers,
      },
    });
    return { status: answer.statusCode, headers: answer.headers, ...answer.json<Answer>() };
  }

  /** A lead in its first run. */
  underWay(): Promise<string> {
    return this.house.newLead(enrolled({}));
  }

  async close(): Promise<void> {
    await this.console.service.stop();
    await this.house.close();
  }
}
