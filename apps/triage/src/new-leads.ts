import { Inject, Injectable } from '@nestjs/common';
import { Poison } from '@leadstream/eventlog/errors';
import { mailboxHash, type Mailbox } from '@leadstream/lead/mailbox';
import type { Clock } from '@leadstream/service/clock';
import { Mailboxes } from '@leadstream/service/mailboxes';
import { CLOCK, CONFIG } from '@leadstream/service/tokens';
import type { Config } from './config.ts';

/**
 * How many leads strangers may make of one mailbox or one company's domain in a day: each is a run, and mails. A lead counts
 * by its id, so a submission that is handled twice, or two of one address at once, count once. The plain spelling of a
 * mailbox can be one lead only: it has its place without a question.
 */
@Injectable()
export class NewLeads {
  constructor(@Inject(CONFIG) private readonly config: Config, @Inject(CLOCK) private readonly now: Clock, private readonly mailboxes: Mailboxes) {}

  /** Why the lead `id` of `address` can't be made today; undefined: it can. Throws Unavailable. */
  async refusal(id: string, address: string, mailbox: Mailbox): Promise<Poison | undefined> {
    const { LEADS_PER_MAILBOX: perMailbox, LEADS_PER_DOMAIN: perDomain } = this.config;
    const isAlias = address !== mailbox.name;
    if (isAlias && perMailbox > 0 && !await this.take('leads', mailbox.name, id, perMailbox - 1)) {
      return new Poison(`email: more than ${perMailbox} new leads of one mailbox in a day (LEADS_PER_MAILBOX)`);
    }
    if (mailbox.isCompany && perDomain > 0 && !await this.take('domain', mailbox.domain, id, perDomain)) {
      return new Poison(`email: more than ${perDomain} new leads of one domain in a day (LEADS_PER_DOMAIN)`);
    }
    return undefined;
  }

  private async take(what: string, name: string, id: string, max: number): Promise<boolean> {
    if (max < 1) return false;
    return await this.mailboxes.take({ key: `${what}.${mailboxHash(this.config.LEAD_ID_SECRET, name)}`, id, max, now: this.now() }) === undefined;
  }
}
