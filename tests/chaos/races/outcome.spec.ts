import { describe, expect, it } from '@jest/globals';
import { claimed, enrolled, nextPlanned, replied, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { LEAD_ID, recorded, type Past } from '@leadstream/testing/given';
import type { SandboxMessage } from '@leadstream/sandbox-esp/client';
import { outcomeOfRace } from './outcome.ts';

const email = 'jane@example.com';
const second = { step: 1, stepId: 'second' } as const;
const toDue: Past[] = [
  triaged(),
  enrolled(),
  stepDue(),
  claimed('a'),
  sent('a'),
  nextPlanned({ index: 1 }),
  stepDue(second),
];
const said = (at: string): Past => ({ ...replied(), at });
const mail = (at: string, to = email): SandboxMessage => ({
  wire: 'sendgrid',
  id: at,
  sg_message_id: '',
  smtp_id: '',
  to,
  from: '',
  subject: '',
  headers: {},
  custom_args: {},
  categories: [],
  at,
  events: [],
  replies: [],
});
const noon = '2026-11-23T12:00:00.500Z';
const reply = { postedMs: Date.parse(noon) - 40, answeredMs: Date.parse(noon) - 10 };

const race = (past: Past[], mails: SandboxMessage[] = [], its: typeof reply | null = reply) =>
  outcomeOfRace(
    { leadId: LEAD_ID, email, submitted: [], events: recorded(past), mails: [], told: [], document: undefined },
    its ?? undefined,
    mails,
  );
const rules = (...of: Parameters<typeof race>): string[] => race(...of).violations.map(({ rule }) => rule);

describe('a race', () => {
  it('is lost by a claim after the reply', () => {
    expect(rules([...toDue, said(noon), claimed('b', second)])).toContain('after stop');
    expect(rules([...toDue, claimed('b', second), said(noon)])).not.toContain('after stop');
  });

  it('may have one mail to the lead that arrives after the stop, and no second one', () => {
    const inFlight = [...toDue, claimed('b', second), said(noon)];
    expect(
      race(inFlight, [mail('2026-11-23T12:00:00.501Z'), mail('2026-11-23T12:00:00.502Z', 'rep@acme.example')])
        .lateMails,
    ).toBe(1);
    expect(rules(inFlight, [mail('2026-11-23T12:00:00.501Z')])).not.toContain('late mail');
    expect(rules(inFlight, [mail('2026-11-23T12:00:00.501Z'), mail('2026-11-23T12:00:00.502Z')])).toContain(
      'late mail',
    );
  });

  it('is none without a reply that inbound accepted', () => expect(rules(toDue, [], null)).toContain('no race'));
  it('reports a due step that was held back without a reason', () =>
    expect(rules([...toDue, said(noon)])).toContain('unnamed'));
  it('counts one reply once', () =>
    expect(rules([...toDue, said(noon), { ...said(noon), id: 'again' }])).toContain('twice'));

  it('knows a claim of the time when the reply was stored, and no stop yet', () => {
    const claimedAt = (ms: number): Past => ({
      ...claimed('b', second),
      at: new Date(reply.answeredMs + ms).toISOString(),
    });
    expect(race([...toDue, claimedAt(1), said(noon)])).toMatchObject({ claimedAfterAnswer: true, stopMs: 40 });
    expect(race([...toDue, claimedAt(-1), said(noon)]).claimedAfterAnswer).toBe(false);
  });
});
