import { Controller, Inject, Param, Req } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { LOGGER } from '@leadstream/service/injected';
import { Problem } from '@leadstream/service/problem';
import { bodyOf, decoded, entryAt, redrive, type Entry } from '@leadstream/service/quarantine-entries';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { QuarantineEntry, Redriven } from './operation-schemas.ts';
import { read } from './read.ts';
import { Route } from './route.ts';

const SEQ = /^[1-9]\d{0,14}$/;
/** Below the time that proxies wait; a consumer that takes longer goes on with the message. */
const REDRIVE_MS_MAX = 25_000;

/** Messages that a consumer gave up on. */
@Controller()
export class QuarantineController {
  constructor(
    private readonly broker: Broker,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Route('GET /v1/quarantine/:seq')
  async entry(@Param('seq') seq: string, @Req() { signedIn }: FastifyRequest): Promise<QuarantineEntry> {
    return read(async () => {
      const entry = await this.existing(seq);
      const bytes = await bodyOf(this.broker, entry);
      // The message can have personal data of a lead that nobody knows yet.
      this.log.info({ by: signedIn.name, seq: entry.seq }, 'quarantine viewed');
      const { body: _, ...shown } = entry;
      return { ...shown, body: bytes === undefined ? null : decoded(bytes) };
    });
  }

  @Route('POST /v1/quarantine/:seq/redrive')
  async redrive(@Param('seq') seq: string, @Req() { signedIn }: FastifyRequest): Promise<Redriven> {
    const entry = await read(() => this.existing(seq));
    const { consumer } = entry;
    const problem = await redrive(this.broker, entry, REDRIVE_MS_MAX);
    this.log.info({ by: signedIn.name, seq: entry.seq, consumer, outcome: problem ?? 'handled' }, 'redrive');
    if (problem !== undefined) throw new Problem('refused', `It stays in quarantine: ${problem}`);
    return { seq: entry.seq, consumer };
  }

  private async existing(seq: string): Promise<Entry> {
    const entry = SEQ.test(seq) ? await entryAt(this.broker, Number(seq)) : undefined;
    if (!entry) throw new Problem('unknown-entry', 'There is no such entry in quarantine');
    return entry;
  }
}
