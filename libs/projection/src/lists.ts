import type { Db, Document, Filter } from 'mongodb';
import { EVER, liveLeads, NEWEST_FIRST, type LeadCollection, type LeadDocument } from './collections.ts';
import { searchedOf } from './search.ts';

/** Conditions that all apply; without any, every lead. */
export interface Wanted {
  status?: string | readonly string[];
  sequence?: string;
  tag?: string;
  source?: string;
  /** At any of these steps, by index, of these versions of the sequence. */
  steps?: readonly { version: number; step: number }[];
  /** The beginning of an address, its domain, a name or a phone number. */
  search?: string;
}

/** Also without the leads of these tags. */
interface Shown {
  leftOut?: readonly string[];
}

/** A lead in a list: its public document without its history. */
export type ListedLead = Pick<
  LeadDocument,
  '_id' | 'version' | 'lastSeq' | 'stateVersion' | 'createdAt' | 'updatedAt'
> & { [shown: string]: unknown };

/** A place in the order of the lists, from the newest lead to the oldest; a lead keeps its own. */
export type Place = Pick<LeadDocument, '_id' | 'createdAt'>;

const PAGE = 200;
/**
 * A search by few letters can match every lead, and its index has another order than its list: of more matches, only
 * so many are read.
 */
const SEARCHED_MAX = 1_000;
const COUNTED_MAX = 10_000;

const within = { timeoutMS: 5_000 };
/** For a page of a stream that may have to read every lead. */
const SCAN = { timeoutMS: 60_000, timeoutMode: 'iteration', batchSize: 1_000 } as const;

/** Lists of the leads in the live collection, each read from one index. Every query times out after 5 s. */
export class LeadLists {
  readonly #leads: LeadCollection;
  readonly #leftOut: readonly string[];

  /** Leads with a tag of `leftOut` are in no list that does not ask for this very tag. */
  constructor(db: Db, leftOut: readonly string[] = []) {
    this.#leads = liveLeads(db);
    this.#leftOut = leftOut;
  }

  /** The lead's place in the lists; undefined when the read model has no such lead. */
  async placeOf(leadId: string): Promise<Place | undefined> {
    const found = (await this.#leads(within)).findOne({ _id: leadId }, { ...within, projection: { createdAt: 1 } });
    return (await found) ?? undefined;
  }

  /**
   * Up to `limit` leads, the newest first, so that pages do not shift; with `after` only those behind it. Of a search
   * only its first 1,000 matches are listed.
   */
  async list(wanted: Wanted, limit: number, after?: Place): Promise<ListedLead[]> {
    const stages = [
      ...narrowed(this.#shown(wanted), after && behind(after)),
      { $sort: NEWEST_FIRST },
      { $limit: limit },
      { $project: { state: 0, history: 0, searchKeys: 0 } },
    ];
    return (await this.#leads(within)).aggregate<ListedLead>(stages, within).toArray();
  }

  /** Like `list`, any number of leads in pages: a page is read when the one before was taken. */
  async *pages(wanted: Wanted, limit: number, after?: Place): AsyncGenerator<ListedLead[]> {
    for (let left = limit, place = after; left > 0;) {
      const asked = Math.min(left, PAGE);
      const page = await this.list(wanted, asked, place);
      if (page.length > 0) yield page;
      if (page.length < asked) return;
      left -= page.length;
      place = page.at(-1);
    }
  }

  /** The ids of all wanted leads, the newest first, as a stream: each once, whatever changes meanwhile. */
  async *ids(wanted: Omit<Wanted, 'search'>): AsyncGenerator<string> {
    const leads = await this.#leads(within);
    for await (const { _id } of leads.find(filterOf(this.#shown(wanted)), {
      ...SCAN,
      projection: { _id: 1 },
      sort: NEWEST_FIRST,
    }))
      yield _id;
  }

  /** The number of leads that `list` returns, up to 10,000; `more`: there may be others. */
  async count(wanted: Wanted): Promise<{ count: number; more: boolean }> {
    const leads = await this.#leads(within);
    const counted = async (stages: Document[]) => {
      const [one] = await leads.aggregate<{ count: number }>([...stages, { $count: 'count' }], within).toArray();
      return one?.count ?? 0;
    };
    const [count, matches] = await Promise.all([
      // With a range that each lead is in, an index serves a count of all, too.
      counted([...narrowed(this.#shown(wanted), { createdAt: { $gte: EVER } }), { $limit: COUNTED_MAX + 1 }]),
      wanted.search ? counted(found(wanted.search)) : 0,
    ]);
    return { count: Math.min(count, COUNTED_MAX), more: count > COUNTED_MAX || matches === SEARCHED_MAX };
  }

  #shown<W extends Omit<Wanted, 'search'>>(wanted: W): W & Shown {
    const leftOut = this.#leftOut.filter((tag) => tag !== wanted.tag);
    return leftOut.length > 0 ? { ...wanted, leftOut } : wanted;
  }
}

/** The stages that find the wanted leads, by one index each. */
const narrowed = ({ search, ...wanted }: Wanted & Shown, also: Filter<LeadDocument> = {}): Document[] => [
  ...found(search),
  { $match: { ...filterOf(wanted), ...also } },
];

const filterOf = ({ status, sequence, tag, source, steps, leftOut }: Wanted & Shown): Filter<LeadDocument> => ({
  ...(status === undefined ? {} : { status: typeof status === 'string' ? status : { $in: status } }),
  ...(sequence === undefined ? {} : { sequence }),
  ...(tag === undefined ? {} : { tags: tag }),
  ...(leftOut ? { tags: { ...(tag === undefined ? {} : { $eq: tag }), $nin: [...leftOut] } } : {}),
  ...(source === undefined ? {} : { source }),
  // Under a key of its own: a place has an $or, too.
  ...(steps ? { $and: [{ $or: steps.map(({ version, step }) => ({ sequenceVersion: version, step })) }] } : {}),
});

const LAST_CHARACTER = '\u{10FFFF}';
function found(search = ''): Document[] {
  const key = searchedOf(search);
  const searchKeys = { $elemMatch: { $gte: key, $lt: `${key}${LAST_CHARACTER}` } };
  return key ? [{ $match: { searchKeys } }, { $limit: SEARCHED_MAX }] : [];
}

/** One range of the index, of which only leads of the same instant are read in vain. */
const behind = ({ createdAt, _id }: Place): Filter<LeadDocument> => ({
  createdAt: { $lte: createdAt },
  $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: _id } }],
});
