import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { CONFIG, LOGGER } from '@leadstream/service/tokens';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

/** A new installation has no sequences: the ones it came with are deployed once. Later ones are deployed by `leadctl`. */
@Injectable()
export class FirstDeployment implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Broker) private readonly broker: Broker,
    @Inject(SequenceStore) private readonly store: SequenceStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.deploy().catch((error: unknown) => this.log.error({ err: error, outcome: 'no sequences deployed' }, 'error'));
  }

  private async deploy(): Promise<void> {
    await this.broker.ready();
    if (!(await this.store.isEmpty())) return;
    const deployed = await this.store.deployFolder(await readFolder(this.config.SEQUENCES_DIR));
    this.log.info({ deployed: deployed.map(({ id, version }) => `${id}.${version}`) }, 'sequences deployed');
  }
}
