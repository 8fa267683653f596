import { sequenceSchema } from '@leadstream/sequences/definition';

export const TEXTED = 'texted';
/** The source of the submissions that it is for, and the number's consent comes with them or not. */
export const TEXTED_ROUTE = { sources: [TEXTED], tag: `source:${TEXTED}` };

const HOURS = { days: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '20:00' };
const LATE = { latenessMax: 'PT6H', whenLate: 'skip' };
const TEXT = "Hi {{ first_name | fallback: 'there' }}, may we call you?\n\nReply STOP to end";
const MAIL = "Hello {{ first_name | fallback: 'there' }},\n\nmay we call you?";

/** Texts and mails mixed; the repository's sequences have no texts. */
export const texted = sequenceSchema.parse({
  id: TEXTED,
  version: 1,
  name: 'Texted',
  description: 'A text, a mail, and two texts.',
  rank: 15,
  triggers: [TEXTED_ROUTE.tag],
  steps: [
    { id: 'text', action: 'text', channel: 'sms', audience: 'lead', wait: { fixed: 'PT5M' }, window: HOURS, ...LATE },
    {
      id: 'mail',
      action: 'mail',
      channel: 'email',
      audience: 'lead',
      wait: { fixed: 'P1D' },
      window: 'business-hours',
    },
    {
      ...{ id: 'again', action: 'reminder', channel: 'sms', audience: 'lead', wait: { fixed: 'PT2H' }, window: HOURS },
      ...{ latenessMax: 'P2D', whenLate: 'skip' },
    },
    {
      ...{ id: 'last', action: 'last-text', channel: 'sms', audience: 'lead', wait: { fixed: 'P1D' }, window: HOURS },
      ...LATE,
    },
  ],
  templates: {
    text: { body: TEXT },
    mail: { subject: 'Your request', body: MAIL },
    reminder: { body: TEXT },
    'last-text': { body: TEXT },
  },
});
