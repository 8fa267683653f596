import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

const AGAIN_MS = 1_000;

/** Deploys the sequences of `SEQUENCES_DIR` once, on a new installation. Later versions are deployed by `leadctl`. */
@Injectable()
export class FirstDeployment implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private deploying = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly store: SequenceStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.deploying = this.untilDeployed(this.stopping.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.deploying;
  }

  /** Retries without a limit, also when the folder is missing or invalid: without sequences no lead is planned. */
  private async untilDeployed(signal: AbortSignal): Promise<void> {
    let lastMessage = '';
    while (!signal.aborted) {
      try {
        await this.broker.ready(signal);
        return await this.deploy();
      } catch (error) {
        if (signal.aborted) return;
        const { message } = describeError(error);
        if (message !== lastMessage)
          this.log.error({ err: error, outcome: 'no sequences deployed yet' }, 'sequences were not deployed');
        lastMessage = message;
        await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async deploy(): Promise<void> {
    if ((await this.store.read()).routes) return;
    const deployed = await this.store.deployFolder(await readFolder(this.config.SEQUENCES_DIR), {
      by: 'scheduler',
    });
    this.log.info({ deployed: deployed.map(({ id, version }) => `${id}.${version}`) }, 'sequences deployed');
  }
}
