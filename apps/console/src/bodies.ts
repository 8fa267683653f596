import { z } from 'zod';
import { kindNames, KINDS, REASON_LENGTH_MAX } from './kinds.ts';
import { words } from './texts.ts';

/** The body of a command, with the name of its kind. */
export const commandBody = z
  .discriminatedUnion('kind', [
    KINDS.pause.body,
    KINDS.resume.body,
    KINDS.stop.body,
    KINDS.restart.body,
    KINDS.move.body,
    KINDS.enrol.body,
    KINDS.tag.body,
    KINDS.untag.body,
    KINDS.assign.body,
    KINDS.note.body,
    KINDS.erase.body,
    KINDS.resolve.body,
  ])
  .meta({ id: 'Command' });

const LEADS_MAX = 200;
const ids = z.array(z.guid()).min(1).max(LEADS_MAX).describe('Ids of leads; of one that is named twice, one');
const why = words(REASON_LENGTH_MAX).describe('Why; kept in each event');

/** The fields of a command to many leads besides those of its kind. */
export const manyBody = z.looseObject({
  kind: z.enum(kindNames.filter((name) => KINDS[name].many)),
  ids,
  reason: why,
});

/** The body of a command to many leads, with the name of its kind. */
export const manyBodies = z
  .discriminatedUnion('kind', [
    KINDS.pause.body.extend({ ids, reason: why }),
    KINDS.resume.body.extend({ ids, reason: why }),
    KINDS.stop.body.extend({ ids, reason: why }),
    KINDS.tag.body.extend({ ids, reason: why }),
    KINDS.untag.body.extend({ ids, reason: why }),
    KINDS.assign.body.extend({ ids, reason: why }),
  ])
  .meta({ id: 'CommandForMany' });
