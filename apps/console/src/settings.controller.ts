import { Body, Controller, Inject, Param } from '@nestjs/common';
import { WEBHOOKS } from '@leadstream/contracts/feedback';
import { Broker } from '@leadstream/eventlog/broker';
import { AccountStore } from '@leadstream/service/account';
import { accountHistory, operationInWords } from '@leadstream/service/account-history';
import { accountShown } from '@leadstream/service/account-shown';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, CONFIG } from '@leadstream/service/injected';
import { installed, readIntake } from '@leadstream/service/intake-folder';
import { triedPost } from '@leadstream/service/intake-tried';
import { Unreadable } from '@leadstream/service/posted';
import { Problem } from '@leadstream/service/problem';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Config } from './config.ts';
import { read } from './read.ts';
import { Route } from './route.ts';
import { tryBody, type Settings, type TriedPost } from './settings-schemas.ts';
import { holidaysShown, routesShown, variablesOf } from './settings-shown.ts';

const HISTORY_MAX = 10;

/** What is in force, and where each part of it is changed: nothing of it here. */
@Controller()
export class SettingsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly broker: Broker,
    private readonly account: AccountStore,
    private readonly store: SequenceStore,
  ) {}

  @Route('GET /v1/settings')
  settings(): Promise<Settings> {
    const today = this.clock().toZonedDateTimeISO('UTC').toPlainDate();
    return read(async () => {
      const [account, history, webhooks] = await Promise.all([
        accountShown(this.account).catch(() => null),
        this.history(),
        Promise.all((['events', 'inbound'] as const).map((kind) => this.lastOf(kind))),
      ]);
      return {
        variables: variablesOf(this.config),
        holidays: holidaysShown(this.config, today),
        provider: { name: this.config.ESP, account, history, webhooks: webhooks.flat() },
        intake: this.services(),
        routes: routesShown(this.store),
        reps: this.store.reps.map(({ id, name, email, countries }) => ({
          id,
          name,
          email,
          countries: countries ?? null,
        })),
      };
    });
  }

  @Route('POST /v1/intake/:name/try')
  async try(@Param('name') name: string, @Body() given: unknown): Promise<TriedPost> {
    const parsed = tryBody.safeParse(given);
    if (!parsed.success) throw Problem.invalid(parsed.error);
    const { body, contentType, query } = parsed.data;
    const adapter = readIntake(installed(this.config.INTAKE_DIR)).adapters.get(name);
    if (!adapter) throw new Problem('service', 'No form service of this name is set up here');
    try {
      const posted = { contentType, bytes: Buffer.from(body) };
      return { leads: await triedPost(adapter, posted, { query, defaultRegion: this.config.DEFAULT_REGION }) };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw new Problem('refused', error.message, { cause: error });
    }
  }

  private services(): Settings['intake'] {
    const { adapters, problems } = readIntake(installed(this.config.INTAKE_DIR));
    const services = [...adapters].map(([name, { title, docs, source, signature, fetch }]) => ({
      name,
      title,
      docs,
      source,
      signed: signature !== undefined,
      fetched: fetch !== undefined,
    }));
    return { folder: this.config.INTAKE_DIR, services, problems };
  }

  private async history(): Promise<Settings['provider']['history']> {
    const { history } = await accountHistory(this.account).catch(() => ({ history: [] }));
    return history.slice(0, HISTORY_MAX).map((operation) => ({ at: operation.at, says: operationInWords(operation) }));
  }

  /** None for a provider without such a webhook. */
  private async lastOf(kind: 'events' | 'inbound'): Promise<Settings['provider']['webhooks']> {
    const subject = WEBHOOKS[this.config.ESP][kind];
    if (subject === null) return [];
    const { streams } = await this.broker.jsm();
    const last = await streams.getMessage('FEEDBACK', { last_by_subj: subject }).catch(() => null);
    return [{ kind, at: last ? new Date(last.timestamp).toISOString() : null }];
  }
}
