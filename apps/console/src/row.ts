import type { ListedLead, Place } from '@leadstream/projection/lists';
import type { Row } from './list-schemas.ts';

/** A document's public fields; a field of another build's that is no such value counts as missing. */
export function rowOf(lead: ListedLead): Row {
  const text = (name: string) => (typeof lead[name] === 'string' ? lead[name] : null);
  const number = (name: string) => (typeof lead[name] === 'number' ? lead[name] : null);
  const time = (name: string) => (lead[name] instanceof Date ? lead[name].toISOString() : null);
  const tags: unknown = lead['tags'];
  return {
    id: lead._id,
    email: text('email'),
    firstName: text('firstName'),
    lastName: text('lastName'),
    status: text('status'),
    phase: text('phase'),
    sequence: text('sequence'),
    sequenceVersion: number('sequenceVersion'),
    step: number('step'),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    rep: text('rep'),
    timeZone: text('timeZone'),
    nextActionAt: time('nextActionAt'),
    awayUntil: text('awayUntil'),
    lastActivityAt: time('lastActivityAt'),
    createdAt: lead.createdAt.toISOString(),
    version: lead.version,
  };
}

export const cursorOf = ({ createdAt, _id }: Place): string => `${createdAt.getTime()}_${_id}`;

export function placeOf(cursor: string): Place {
  const [time = '', _id = ''] = cursor.split(/_(.*)/);
  return { createdAt: new Date(Number(time)), _id };
}
