import { Inject, Injectable } from '@nestjs/common';
import { Poison } from '@leadstream/eventlog/errors';
import { mailboxHash, type Mailbox } from '@leadstream/lead/mailbox';
import type { Clock } from '@leadstream/service/clock';
import { Mailboxes } from '@leadstream/service/mailboxes';
import { CLOCK, CONFIG } from '@leadstream/service/injected';
import type { Config } from './config.ts';

/**
 * The number of leads that untrusted sources may create of one mailbox or one company's domain in a day: each is a run,
 * and mails. A lead counts by its id, so a submission handled twice, or two at once of one address, count once.
 */
@Injectable()
export class NewLeads {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly mailboxes: Mailboxes,
  ) {}

  /** The reason that lead `id` of `mailbox` exceeds today's limits; undefined: it does not. Throws Unavailable. */
  async refusal(id: string, mailbox: Mailbox): Promise<Poison | undefined> {
    const { LEADS_PER_MAILBOX: perMailbox, LEADS_PER_DOMAIN: perDomain } = this.config;
    if (!(await this.isRoom('leads', mailbox.name, id, perMailbox))) {
      return new Poison(`email: more than ${perMailbox} new leads of one mailbox in a day (LEADS_PER_MAILBOX)`);
    }
    if (mailbox.isCompany && !(await this.isRoom('domain', mailbox.domain, id, perDomain))) {
      return new Poison(`email: more than ${perDomain} new leads of one domain in a day (LEADS_PER_DOMAIN)`);
    }
    return undefined;
  }

  /** `max` 0: no limit. */
  private async isRoom(what: string, name: string, id: string, max: number): Promise<boolean> {
    if (max === 0) return true;
    const key = `${what}.${mailboxHash(this.config.LEAD_ID_SECRET, name)}`;
    return (await this.mailboxes.take({ key, id, max, now: this.now() })) === undefined;
  }
}
