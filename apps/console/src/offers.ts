import { decideCommand, type Command } from '@leadstream/lead/command';
import type { LeadState } from '@leadstream/lead/state';
import { routesOf } from '@leadstream/service/targets';
import type { KindName, Asking } from './kinds.ts';
import type { Offer } from './needs-you-schemas.ts';

export const get = (says: string, path: string): Offer => ({ says, method: 'GET', path, body: null, ifMatch: null });
export const post = (says: string, path: string, body: object | null = null): Offer => ({
  says,
  method: 'POST',
  path,
  body: body && { ...body },
  ifMatch: null,
});

interface Of {
  leadId: string;
  version: number;
  state: LeadState;
  store: Asking['store'];
}

const by = 'nobody';
type Candidate = readonly [says: string, body: { kind: KindName }, command: Command];

/** The commands that the lead's state allows. */
function possible({ leadId, version, state }: Of, candidates: readonly Candidate[]): Offer[] {
  return candidates
    .filter(([, , command]) => !('nothing' in decideCommand(state, command)))
    .map(([says, body]) => ({ ...post(says, `/v1/leads/${leadId}/commands`, body), ifMatch: `"${version}"` }));
}

/** Requests that end the wait for the outcome of a send; null: its mail could not be written, and nothing was sent. */
export function settling(of: Of, sendId: string | null): Offer[] {
  const resolved = (says: string, as: 'sent' | 'skipped'): Candidate[] => {
    if (sendId === null) return [];
    const body = { kind: 'resolve', sendId, as } as const;
    return [[says, body, { by, ...body }]];
  };
  return possible(of, [
    ...resolved('It went out', 'sent'),
    ...resolved('It did not: go on without it', 'skipped'),
    restarted(of),
  ]);
}

/** Requests that move a lead that no service moves, or take it out of the late ones. */
export const moving = (of: Of): Offer[] =>
  possible(of, [restarted(of), ['Pause', { kind: 'pause' }, { by, kind: 'pause' }]]);

const restarted = ({ store }: Of): Candidate => [
  'Begin its sequence again',
  { kind: 'restart' },
  { by, kind: 'restart', routes: routesOf(store) },
];
