import type { KindName } from '../../../src/kinds.ts';
import type { IconName } from '../icons.tsx';

export type FieldName =
  'sequence' | 'step' | 'tags' | 'remove' | 'rep' | 'text' | 'althoughAway' | 'reason' | 'address';

interface Told {
  says: string;
  icon: IconName;
  /** The consequence, before it is given. */
  explains: string;
  fields: readonly FieldName[];
  danger?: true;
  /** Right only for the lead that the operator has seen. */
  seen?: true;
}

/** Each command as the page offers it. */
export const COMMANDS = {
  pause: {
    says: 'Pause',
    icon: 'pause',
    explains: 'Nothing goes to the lead until somebody resumes it.',
    fields: ['reason'],
  },
  resume: {
    says: 'Resume',
    icon: 'play',
    explains: 'Ends the pause. The rest of a wait is kept, and an out-of-office still holds.',
    fields: ['althoughAway', 'reason'],
    seen: true,
  },
  note: {
    says: 'Add a note',
    icon: 'note',
    explains: 'Kept in the lead’s history, sealed with its own key.',
    fields: ['text'],
  },
  assign: {
    says: 'Assign',
    icon: 'person',
    explains: 'The rep gets the notices about the lead.',
    fields: ['rep', 'reason'],
  },
  tag: {
    says: 'Tag',
    icon: 'tag',
    explains: 'Conditions and exits of sequences read tags.',
    fields: ['tags', 'reason'],
  },
  untag: {
    says: 'Remove tags',
    icon: 'tag',
    explains: 'Conditions and exits of sequences read tags.',
    fields: ['remove', 'reason'],
  },
  move: {
    says: 'Move to a step',
    icon: 'steps',
    explains: 'The run under way ends; the step’s own wait begins now.',
    fields: ['sequence', 'step', 'reason'],
    seen: true,
  },
  enrol: {
    says: 'Enrol in a sequence',
    icon: 'arrive',
    explains: 'From its first step. It lifts no stop.',
    fields: ['sequence', 'reason'],
    seen: true,
  },
  restart: {
    says: 'Restart',
    icon: 'restart',
    explains: 'Begins its last sequence again. It lifts an answer, a stop in words and a decline.',
    fields: ['reason'],
    seen: true,
  },
  stop: {
    says: 'Stop all mail',
    icon: 'cross',
    explains: 'For a person who told one of us that they want no more mail. A restart lifts it.',
    fields: ['reason'],
    danger: true,
  },
  resolve: {
    says: 'Settle a send',
    icon: 'check',
    explains: 'Says what became of a mail whose outcome is unknown. The run goes on after it.',
    fields: ['reason'],
    seen: true,
  },
  erase: {
    says: 'Erase',
    icon: 'cross',
    explains:
      'Destroys the key of the lead’s personal data. That cannot be undone; nobody writes to the address again. ' +
      'The reason stays readable: name no person in it.',
    fields: ['address', 'reason'],
    danger: true,
    seen: true,
  },
} as const satisfies Record<KindName, Told>;

/** Given beside the menu, as the most frequent ones. */
export const kinds = Object.keys(COMMANDS) as KindName[];

/** The values that the operator typed, or that the button brought which opened the dialog. */
export type Values = Readonly<Record<string, string>>;

const words = (text = ''): string[] => text.split(/[\s,]+/).filter(Boolean);

/** The body of a command, by its kind's fields in the API. */
export function bodyOf(kind: KindName, values: Values): Record<string, unknown> {
  const { fields } = COMMANDS[kind];
  const has = (name: FieldName) => (fields as readonly FieldName[]).includes(name);
  const { reason = '', sequence, step, text, rep, sendId, as, althoughAway } = values;
  return {
    kind,
    ...(has('reason') && reason.trim() ? { reason: reason.trim() } : {}),
    ...(has('sequence') ? { sequence } : {}),
    ...(has('step') ? { step } : {}),
    ...(has('text') ? { text } : {}),
    ...(has('rep') ? { rep } : {}),
    ...(has('tags') ? { tags: words(values['tags']) } : {}),
    ...(has('remove') ? { tags: words(values['remove']) } : {}),
    ...(has('althoughAway') && althoughAway === 'on' ? { althoughAway: true } : {}),
    ...(kind === 'resolve' ? { sendId, as } : {}),
  };
}

/** One key for each command: the same one when it is sent again after no answer, another one for another body. */
export function keyed(): (body: object) => string {
  const keys = new Map<string, string>();
  return (body) => {
    const text = JSON.stringify(body);
    const key = keys.get(text) ?? `page-${crypto.randomUUID()}`;
    keys.set(text, key);
    return key;
  };
}
