import type { Draft, Recorded } from '@leadstream/contracts/events';

type Fate = [lead: number, draft: Draft];

const fact = (key: string, sendId?: string) => ({
  key,
  provider: 'sendgrid',
  at: '2026-11-23T11:45:00Z',
  ...(sendId ? { sendId } : {}),
});
const sendOf = (lead: number, step: number) => `0b0e7a5c-3f0e-4c2a-9a51-${String(lead * 10 + step).padStart(12, '0')}`;
const held = (lead: number, guard: 'window' | 'paused'): Fate => [
  lead,
  {
    type: 'lead.send-skipped',
    data: { runId: `run-${lead}`, step: 1, stepId: 'step-1', audience: 'lead', channel: 'email', guard },
  },
];

/** A second run, from another source, in another zone, with one mail that is answered without naming it. */
function again(lead: number, { data }: Recorded<'lead.triaged'>): Fate[] {
  const run = { runId: `again-${lead}`, step: 0, stepId: 'step-0', audience: 'lead', channel: 'email' } as const;
  const send = { ...run, sendId: sendOf(lead, 9), attempt: 1 };
  const zone = { ...data.zone, id: 'Asia/Kolkata' };
  const route = { sequence: 'sales-demo', tag: 'source:demo', rank: 20 };
  const planned = {
    index: 0,
    id: 'step-0',
    action: 'hello',
    channel: 'email',
    audience: 'lead',
    at: '2026-11-23T11:50:00Z',
    delayMs: 0,
  } as const;
  const drafts: Draft[] = [
    { type: 'lead.resubmitted', data: { ...data, zone, route, reason: 'a higher rank' } },
    { type: 'lead.enrolled', data: { runId: run.runId, sequence: route.sequence, version: 3, planned } },
    { type: 'lead.send-started', data: { ...send, action: 'hello', deadline: planned.at } },
    { type: 'lead.sent', data: { ...send, provider: 'sendgrid', evidence: 'response' } },
    { type: 'lead.replied', data: { ...fact(`answer-${lead}`), class: 'human', matchedBy: 'address' } },
  ];
  return drafts.map((draft): Fate => [lead, draft]);
}

/** What becomes of some of the leads of `past`, in its order. */
export function fatesOf(past: readonly Recorded[]): Recorded[] {
  const first = past.find((event): event is Recorded<'lead.triaged'> => event.type === 'lead.triaged');
  const fates: Fate[] = [
    [10, { type: 'lead.clicked', data: fact('click-10', sendOf(10, 0)) }],
    [10, { type: 'lead.clicked', data: fact('click-10-again', sendOf(10, 0)) }],
    [11, { type: 'lead.bounced', data: fact('bounce-11', sendOf(11, 1)) }],
    [12, { type: 'lead.complained', data: fact('complaint-12', sendOf(12, 1)) }],
    [13, { type: 'lead.replied', data: { ...fact('no-13'), class: 'unsubscribe', matchedBy: 'address' } }],
    [14, { type: 'lead.unsubscribed', data: { ...fact('no-14', sendOf(14, 0)), via: 'one-click' } }],
    [
      15,
      {
        type: 'lead.replied',
        data: { ...fact('forged-15'), class: 'human', matchedBy: 'alias', authenticated: false },
      },
    ],
    [16, { type: 'lead.replied', data: { ...fact('away-16'), class: 'out-of-office', matchedBy: 'address' } }],
    held(17, 'window'),
    held(17, 'window'),
    held(18, 'paused'),
    ...(first ? again(19, first) : []),
  ];
  const last = new Map(past.map(({ leadId, seq, version }) => [leadId, { seq, version }]));
  return fates.map(([lead, draft], index) => {
    const leadId = `lead-${lead}`;
    const before = last.get(leadId) ?? { seq: 0, version: 0 };
    const seq = past.length + index + 1;
    last.set(leadId, { seq, version: before.version + 1 });
    return {
      ...draft,
      id: draft.type === 'lead.resubmitted' ? `again-${lead}` : `fate-${seq}`,
      leadId,
      seq,
      version: before.version + 1,
      prevSeq: before.seq,
      at: Temporal.Instant.from('2026-11-23T11:50:00Z').add({ seconds: seq }).toString(),
      source: 'test',
    };
  });
}
