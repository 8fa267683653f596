/** A sequence of a text, a mail and a text, and the route to it; files as of the folder `sequences`. */
const SEQUENCE = `id: texted
version: 1
name: Texted
description: A text, then a mail.
rank: 10
triggers: [source:texted]
steps:
  - id: text
    action: text
    channel: sms
    audience: lead
    wait: { fixed: PT5M }
    window: { days: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '20:00' }
    latenessMax: P1D
    whenLate: skip
  - id: mail
    action: mail
    channel: email
    audience: lead
    wait: { fixed: P1D }
    window: business-hours
  - id: again
    action: text
    channel: sms
    audience: lead
    wait: { fixed: P1D }
    window: { days: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '20:00' }
    latenessMax: P1D
    whenLate: skip
`;
const TEXT = `Hi {{ first_name | fallback: 'there' }}, may we call you about your request?

Reply STOP to end
`;
const MAIL = `---
subject: Your request
---

Hello {{ first_name | fallback: 'there' }},

may we call you?
`;
const ROUTE = 'routes:\n  - sources: [texted]\n    tag: source:texted\n';
const ROUTES = 'initial-triage/routes.yaml';

/** The files of a folder of sequences, with the sequence of texts. */
export const withTexts = (files: Readonly<Record<string, string>>): Record<string, string> => ({
  ...files,
  'texted/sequence.yaml': SEQUENCE,
  'texted/text.md': TEXT,
  'texted/mail.md': MAIL,
  // The scheduler may have deployed the folder already.
  [ROUTES]: (files[ROUTES] ?? '')
    .replace('routes:\n', ROUTE)
    .replace(/^version: (\d+)$/m, (_, version: string) => `version: ${Number(version) + 1}`),
});

const AT = '2026-11-02T09:00:00Z';
export const CONSENT = {
  sms: { text: 'I agree to texts about my request.', at: AT, source: 'https://acme.example/form' },
};

let numbers = 10_000_000;
/** German mobiles, so that the number shows the zone. */
export const freshNumber = (): string => `+4915${1 + (numbers % 2)}${numbers++}`;
