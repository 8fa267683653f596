import { leadCreated } from '@leadstream/contracts/lead-created';
import { clean } from '@leadstream/lead/hygiene';
import { leadsIn } from '@leadstream/lead/intake/adapt';
import type { Adapter } from '@leadstream/lead/intake/adapter';
import { contentOf, type Posted } from './posted.ts';

/** A lead of a post: as triage cleans it, or the reasons by field for which ingest or triage refuses it. */
export type Tried = { isTaken: boolean; shown: Record<string, unknown> };

/** The leads that a form service's post becomes; none: it is no submission. Nothing is stored. Throws Unreadable. */
export async function triedPost(
  adapter: Adapter,
  posted: Posted,
  { query = '', defaultRegion }: { query?: string | undefined; defaultRegion: string },
): Promise<Tried[]> {
  const body = await contentOf(posted);
  return leadsIn(adapter, body, [...new URLSearchParams(query)]).map(({ lead, id }) => {
    const parsed = leadCreated.safeParse(lead);
    if (!parsed.success) {
      const refused = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
      return { isTaken: false, shown: { refused, lead } };
    }
    const own = id === undefined ? {} : { id };
    const cleaned = clean(parsed.data, { defaultRegion });
    if ('refused' in cleaned) return { isTaken: false, shown: { ...own, ...cleaned } };
    // It is evidence for the time zone, and no part of the lead.
    const { phonePlace: _, ...shown } = cleaned;
    // Said where the file looks for one: the box was not ticked, or `changes` has what is missing.
    const none = adapter.consent ? { smsConsent: null } : {};
    return { isTaken: true, shown: { ...own, ...none, ...shown } };
  });
}
