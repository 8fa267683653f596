import { NOTE_MAX, type Recorded } from '@leadstream/contracts/events';
import type { Command } from '@leadstream/lead/command';
import type { SequenceStore } from '@leadstream/service/sequence-store';
import { repOf, routesOf, targetOf } from '@leadstream/service/targets';
import { z } from 'zod';
import type { Right } from './roles.ts';
import { label, words } from './texts.ts';

/** The inputs of a command besides its body. */
export interface Asking {
  by: string;
  at: string;
  store: Pick<SequenceStore, 'current' | 'list' | 'reps' | 'sequence'>;
  /** The event of the same key: given again, the command is for what was deployed then. */
  done: Recorded | undefined;
}

interface Spec<Shape extends z.ZodRawShape> {
  says: string;
  right: Right;
  /** Whether it needs `If-Match`: it is right only for what its author has seen. */
  ifMatch: boolean;
  /** Whether it can be given to many leads at once, unseen. */
  many: boolean;
  fields: Shape;
  make: (fields: z.output<z.ZodObject<Shape>>, asking: Asking) => Command;
}

export const REASON_LENGTH_MAX = 2_000;
const reason = words(REASON_LENGTH_MAX).optional().describe('Why; kept in the event');

function kind<Name extends string, Shape extends z.ZodRawShape>(name: Name, { fields, make, ...spec }: Spec<Shape>) {
  const shape = z.strictObject(fields);
  return {
    ...spec,
    shape,
    body: z.strictObject({ kind: z.literal(name), ...fields }).describe(spec.says),
    /** The command that the body asks for, without its `kind`; or the problems of the body. */
    read: (given: object): { command: (asking: Asking) => Command } | { error: z.ZodError } => {
      const parsed = shape.safeParse(given);
      return parsed.success ? { command: (asking) => make(parsed.data, asking) } : { error: parsed.error };
    },
  };
}

const step = z.union([label, z.int().min(0).max(1_000)]).describe('Its id, or its place from 0');
const tags = z.array(label).min(1).max(20);

/** Every command over HTTP. */
export const KINDS = {
  pause: kind('pause', {
    says: 'Nothing goes to the lead until it is resumed',
    right: 'command',
    ifMatch: false,
    many: true,
    fields: { reason },
    make: (body, { by }) => ({ ...body, by, kind: 'pause' }),
  }),
  resume: kind('resume', {
    says: 'Goes on after a pause or a hold; the rest of the wait is kept',
    right: 'command',
    ifMatch: true,
    many: true,
    fields: {
      reason,
      althoughAway: z.boolean().default(false).describe('Also ends an out-of-office: writes before the day of return'),
    },
    make: (body, { by }) => ({ ...body, by, kind: 'resume' }),
  }),
  stop: kind('stop', {
    says: 'No more mail: the person told one of us; a restart lifts it',
    right: 'command',
    ifMatch: false,
    many: true,
    fields: { reason },
    make: (body, { by, at }) => ({ ...body, by, kind: 'stop', at }),
  }),
  restart: kind('restart', {
    says: 'Its last sequence again; lifts an answer, a stop in words and a decline',
    right: 'command',
    ifMatch: true,
    many: false,
    fields: { reason },
    make: (body, { by, store, done }) => ({
      ...body,
      by,
      kind: 'restart',
      ...(done?.type === 'lead.restarted' ? { route: done.data.route } : { routes: routesOf(store) }),
    }),
  }),
  move: kind('move', {
    says: 'To a step of a deployed sequence; the step’s own wait begins now',
    right: 'command',
    ifMatch: true,
    many: false,
    fields: { sequence: label, step, reason },
    make: ({ sequence, step: to, ...body }, asking) => ({
      ...body,
      by: asking.by,
      kind: 'move',
      ...target(asking, sequence, String(to)),
    }),
  }),
  enrol: kind('enrol', {
    says: 'In a deployed sequence, from its first step; lifts no stop',
    right: 'command',
    ifMatch: true,
    many: false,
    fields: { sequence: label, reason },
    make: ({ sequence, ...body }, asking) => ({
      ...body,
      by: asking.by,
      kind: 'move',
      ...target(asking, sequence, '0'),
    }),
  }),
  tag: kind('tag', {
    says: 'Adds tags; conditions and exits of sequences read them',
    right: 'command',
    ifMatch: false,
    many: true,
    fields: { tags, reason },
    make: ({ tags: add, ...body }, { by }) => ({ ...body, by, kind: 'tag', add, remove: [] }),
  }),
  untag: kind('untag', {
    says: 'Removes tags',
    right: 'command',
    ifMatch: false,
    many: true,
    fields: { tags, reason },
    make: ({ tags: remove, ...body }, { by }) => ({ ...body, by, kind: 'tag', add: [], remove }),
  }),
  assign: kind('assign', {
    says: 'Gives it to a rep, who gets the notices about it',
    right: 'command',
    ifMatch: false,
    many: true,
    fields: { rep: label, reason },
    make: ({ rep, ...body }, { by, store, done }) => ({
      ...body,
      by,
      kind: 'assign',
      rep: done?.type === 'lead.assigned' && done.data.rep === rep ? rep : repOf(store, rep),
    }),
  }),
  note: kind('note', {
    says: 'Keeps a note, sealed with the lead’s own key',
    right: 'command',
    ifMatch: false,
    many: false,
    fields: { text: words(NOTE_MAX) },
    make: ({ text }, { by }) => ({ by, kind: 'note', text }),
  }),
  erase: kind('erase', {
    says: 'Destroys the key of the lead’s personal data; that nobody writes to the address again stays',
    right: 'admin',
    ifMatch: true,
    many: false,
    fields: { reason: reason.describe('Stays readable: it may hold nothing of the person') },
    make: (body, { by }) => ({ ...body, by, kind: 'erase' }),
  }),
  resolve: kind('resolve', {
    says: 'Says what became of a send whose outcome is unknown, or that its run is parked on',
    right: 'command',
    ifMatch: true,
    many: false,
    fields: { sendId: label, as: z.enum(['sent', 'skipped']), reason },
    make: (body, { by }) => ({ ...body, by, kind: 'resolve' }),
  }),
};
export type KindName = keyof typeof KINDS;
export const kindNames = Object.keys(KINDS) as KindName[];

/** Of a version that was active when the key was used first, or of the active one. Throws NoSuchTarget. */
function target(
  { store, done }: Asking,
  sequence: string,
  to: string,
): { route: Recorded<'lead.moved'>['data']['route']; step: number } {
  if (done?.type === 'lead.moved' && done.data.route.sequence === sequence) {
    const { route, step: index } = done.data;
    const versions = store.list().find(({ id }) => id === sequence)?.versions ?? [];
    const isNamed = versions.some((version) => store.sequence(sequence, version)?.steps[index]?.id === to);
    if (isNamed || to === String(index)) return { route, step: index };
  }
  return targetOf(store, sequence, to);
}
