import { Inject, Injectable } from '@nestjs/common';
import { Poison } from '@leadstream/eventlog/errors';
import { mailboxHash, type Mailbox } from '@leadstream/lead/mailbox';
import type { Clock } from '@leadstream/service/clock';
import { Mailboxes } from '@leadstream/service/mailboxes';
import { CLOCK, CONFIG } from '@leadstream/service/tokens';
import type { Config } from './config.ts';

/**
 * How many leads strangers may make of one mailbox or one company's domain in a day: each is a run, and mails. A lead
 * counts
 * by its id, so a submission that is handled twice, or two of one address at once, count once.
 */
@Injectable()
export class NewLeads {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly mailboxes: Mailboxes,
  ) {}

  /** Why the lead `id` of `mailbox` can't be made today; undefined: it can. Throws Unavailable. */
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

  /** `max` 0: always. */
  private async isRoom(what: string, name: string, id: string, max: number): Promise<boolean> {
    if (max === 0) return true;
    const key = `${what}.${mailboxHash(this.config.LEAD_ID_SECRET, name)}`;
    return (await this.mailboxes.take({ key, id, max, now: this.now() })) === undefined;
  }
}
