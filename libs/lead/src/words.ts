import type { Status } from './state.ts';

/** What each status means, for a person who reads it. */
export const STATUS_MEANS: Readonly<Record<Status, string>> = {
  new: 'no run yet', active: 'a run is under way', paused: 'held until an operator lets it go on',
  parked: 'a send waits for an operator', completed: 'its run has ended', responded: 'a person answered',
  unsubscribed: 'wants no mail', bounced: 'its address does not work', complained: 'reported spam',
  erased: 'its personal data is gone',
};
