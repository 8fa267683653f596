import { decideCommand, type Command } from '@leadstream/lead/command';
import { remedyOf } from '@leadstream/lead/remedies';
import { STOP_TAG, type LeadState } from '@leadstream/lead/state';
import type { Unsettled } from '@leadstream/lead/unsettled';
import { inWords } from '@leadstream/lead/words';
import type { Nothing } from '@leadstream/contracts/events';
import { routesOf } from '@leadstream/service/targets';
import { kindNames, type Asking, type KindName } from './kinds.ts';

/** Why a command does not apply, and what makes it possible. */
export interface Obstacle {
  reason: string;
  says: string;
  remedy: string | null;
}
export type Can = Record<KindName, true | Obstacle>;

interface Of {
  state: LeadState;
  unsettled: readonly Unsettled[];
  store: Asking['store'];
}

const by = 'nobody';
/** A route that no lead declines: another one may be refused yet. */
const ANY_ROUTE = { sequence: '', tag: '', rank: 0 };

/** A command of each kind that the lead's state alone can refuse. */
const EXAMPLES = {
  pause: () => ({ by, kind: 'pause' }),
  resume: () => ({ by, kind: 'resume' }),
  stop: ({ state }) => ({ by, kind: 'stop', at: state.updatedAt ?? '' }),
  restart: ({ store }) => ({ by, kind: 'restart', routes: routesOf(store) }),
  move: () => ({ by, kind: 'move', route: ANY_ROUTE, step: 0 }),
  enrol: () => ({ by, kind: 'move', route: ANY_ROUTE, step: 0 }),
  tag: () => ({ by, kind: 'tag', add: [''], remove: [] }),
  untag: ({ state: { tags } }) => ({ by, kind: 'tag', add: [], remove: tags.filter((tag) => tag !== STOP_TAG) }),
  assign: () => ({ by, kind: 'assign', rep: '' }),
  note: () => ({ by, kind: 'note', text: '' }),
  erase: () => ({ by, kind: 'erase' }),
  resolve: ({ unsettled }) => ({
    by,
    kind: 'resolve',
    sendId: unsettled.find(({ sendId }) => sendId !== null)?.sendId ?? '',
    as: 'sent',
  }),
} satisfies Record<KindName, (of: Of) => Command>;

/** Which commands the lead's state allows now; the deciders' own refusals of the others. */
export const canOf = (of: Of): Can =>
  Object.fromEntries(
    kindNames.map((name) => {
      const decision = decideCommand(of.state, EXAMPLES[name](of));
      return [name, 'nothing' in decision ? obstacleOf(decision) : true];
    }),
  ) as Can;

export const obstacleOf = (nothing: Nothing): Obstacle => ({
  reason: nothing.nothing,
  says: inWords(nothing),
  remedy: remedyOf(nothing) ?? null,
});
