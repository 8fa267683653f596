import type { Recorded } from '@leadstream/contracts/events';

type Submitted = Recorded<'lead.triaged' | 'lead.resubmitted'>;

const DAY_MS = 86_400_000;
/** The limits of notices: waiting ones, of replies too, and those of an open form in a day. */
const LIMIT = 5;
/** The reasons of a submission that starts no run. */
const BESIDE = /under way$|told already$|nothing starts$/;

const isSubmitted = (event: Recorded): event is Submitted =>
  event.type === 'lead.triaged' || event.type === 'lead.resubmitted';
/** What a person may have typed: the words, and a phone number. */
const saidIn = ({ data }: Submitted): unknown[] =>
  [data.dossier.fields?.['message'], data.contact.phone].filter((one) => one !== undefined);
const isTold = (event: Recorded): boolean => event.type === 'lead.resubmitted' && event.data.tellRep === true;

/** Words of a person that no notice tells the rep, or that another notice tells again. */
export function newsFaults(events: readonly Recorded[]): string[] {
  return events.flatMap((event, index) => {
    if (event.type !== 'lead.resubmitted' || event.data.route) return [];
    if (!isTold(event) && !BESIDE.test(event.data.reason)) return [];
    const before = events.slice(0, index);
    const isNew = saidIn(event).some((said) => before.every((one) => !isSubmitted(one) || !saidIn(one).includes(said)));
    if (isTold(event)) return isNew ? [] : [`${event.seq} tells the rep what is known`];
    const told = before.filter(({ data }) => 'tellRep' in data && data.tellRep);
    const today = told.filter(({ at }) => Date.parse(event.at) - Date.parse(at) < DAY_MS + DAY_MS / 24);
    return !isNew || today.length >= LIMIT || told.length >= LIMIT ? [] : [`${event.seq} tells the rep no news`];
  });
}
