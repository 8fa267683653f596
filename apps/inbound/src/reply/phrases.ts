/**
 * Words separated by bars, in any number of strings; a final `*` stands for any ending. Case and accents do not count.
 */
type Words = readonly string[];
/** Sources of regular expressions over text `withoutAccents`. */
type Patterns = readonly string[];

/** The phrases of one language by which replies are understood. An empty list: none known yet. */
export interface Phrases {
  /** False if there are no spaces between words: then a word is found inside of others, too. */
  spaced: boolean;
  /** True if 05/06 can be May 6. */
  monthFirst: boolean;

  /** The beginning of the subject that mail programs give to an automatic reply. */
  automaticSubject: Words;
  /** The same, if the person is absent. */
  absenceSubject: Words;
  /** The beginning of a mail server's bounce. */
  bounceSubject: Words;
  /** Anywhere in the subject of a report about a delay. */
  delaySubject: Words;
  /** The beginning of a report about a success. */
  deliveredSubject: Words;
  /** The first word of a read receipt's subject; a colon follows. */
  receiptSubject: Words;
  /** The beginning of a read receipt's text: persons do not begin a mail like this. */
  receiptText: Words;
  /** The first word of the subject by which Outlook recalls a mail; a colon follows. */
  recallSubject: Words;
  /** In such a notice, whose mail's subject may stand inside of the sentence. */
  recallText: Patterns;

  /** Anywhere in an automatic reply: the person is absent. */
  away: Words;
  /** The same, in the subject, which needs fewer words for it; persons write of their holidays, too. */
  awaySubject: Words;
  /** The beginning of a sentence by which a program says of its own mail that a program wrote it. */
  itself: Words;
  /** Anywhere in an automatic reply: nobody reads the mail for now, and others help. */
  meanwhile: Words;
  /** In a question of an automatic reply: "Urgent?" */
  urgent: Words;
  /** Anywhere in a help desk's notice of what its agent wrote; the agent's words stand below it. */
  updated: Words;
  /** Anywhere in a person's mail to a seller: a price, a demo, a call, a yes to a date. */
  wants: Words;
  /** Anywhere in a reply: a program wrote it. */
  robot: Words;
  /** The same for a help desk's receipt, in which persons' words need a second statement beside them. */
  receipt: Words;
  /** A help desk's receipt says of one of these, */
  ticket: Words;
  /** in the same sentence, that it is registered, received, assigned or closed. */
  filed: Words;
  /** Anywhere in a mail with a link: a filter asks the sender to prove that a person wrote it. */
  challenge: Words;
  /** The first words, or those behind the first comma, of a person who answers. */
  assent: Words;
  /** Anywhere in an automatic reply: the person has left the company, or the address has no reader. */
  left: Patterns;

  /** Near a date: the person is back on it. */
  back: Words;
  /** Near a date: the absence ends on it. */
  until: Words;
  /** The same, for words too common to count unless the date follows at once. */
  untilAtOnce: Words;
  /** After a date: the absence ends on it. */
  afterDate: Words;
  /** Between the first and the last day of an absence. */
  between: Words;
  /** January first, twelve or none; '' if another language's name is the same. Inflected names need a `*`. */
  months: Words;
  /** Monday first, seven or none. */
  weekdays: Words;
  tomorrow: Words;

  /** A whole line, in words without punctuation and without `please`, that asks for no more mail and nothing else. */
  stop: Patterns;
  /**
   * A sentence of these words alone is a request, too, in whatever order: one of `removal` with some of `ofList`, or
   * one of `refusal` and one of `mailing`. Verbs by which a person is taken off a list:
   */
  removal: Words;
  /** Not, no more, stop. */
  refusal: Words;
  /** To send, to write, to contact; not to receive, because "I receive no mails" is a complaint. */
  mailing: Words;
  /** Me, my address, from, your list, more, mails. */
  ofList: Words;
  /** Words that are ignored around a request: courtesies, and those of the end of a letter. */
  please: Words;
  /** A whole sentence beside a request, in the same form, that adds nothing to it. */
  dismissal: Patterns;
  /** The beginning of the line above a request. */
  greeting: Words;

  /** After the dashes above a quoted mail. With accents, as are the next three. */
  quoteTitle: Patterns;
  /** The header From, as quoted. */
  quoteFrom: Patterns;
  /** The beginning of a line like "On Monday Jane wrote:", */
  quoteDate: Patterns;
  /** and its end. */
  quoteWrote: Patterns;
}

/** For a language of which only some phrases are known. */
export const NO_PHRASES: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: [],
  absenceSubject: [],
  bounceSubject: [],
  delaySubject: [],
  deliveredSubject: [],
  receiptSubject: [],
  receiptText: [],
  recallSubject: [],
  recallText: [],
  away: [],
  awaySubject: [],
  itself: [],
  meanwhile: [],
  urgent: [],
  updated: [],
  wants: [],
  robot: [],
  receipt: [],
  ticket: [],
  filed: [],
  challenge: [],
  assent: [],
  left: [],
  back: [],
  until: [],
  untilAtOnce: [],
  afterDate: [],
  between: [],
  months: [],
  weekdays: [],
  tomorrow: [],
  stop: [],
  removal: [],
  refusal: [],
  mailing: [],
  ofList: [],
  please: [],
  dismissal: [],
  greeting: [],
  quoteTitle: [],
  quoteFrom: [],
  quoteDate: [],
  quoteWrote: [],
};
