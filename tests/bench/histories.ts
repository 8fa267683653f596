import { CE, LEAD_PREV_SEQ, LEAD_VERSION, parseData, TRACEPARENT } from '@leadstream/contracts/envelope';
import { catalogue, type Draft, type PlannedStep, type Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';

const STARTED_MS = Date.parse('2026-11-23T09:00:00Z');
/** The number of leads in progress at once: their events are interleaved, as in a real log. */
const ABREAST = 500;
const IN_FLIGHT = 500;

const AT = new Date(STARTED_MS).toISOString();
const SEQUENCE = 'content-nurture';
const route = { sequence: SEQUENCE, tag: 'source:whitepaper', rank: 10 };
const planned = (index: number): PlannedStep => ({
  index,
  id: `step-${index}`,
  action: `step-${index}`,
  channel: 'email',
  audience: 'lead',
  at: AT,
  local: '2026-11-23T10:00:00+01:00[Europe/Berlin]',
  delayMs: 240_000,
  window: { days: [1, 2, 3, 4, 5], from: '09:15', to: '17:30' },
  latenessMaxMs: 4 * 3_600_000,
});

/** One step, from due to delivered; the ids of claims and runs are the lead's own. */
function mail(lead: number, index: number): Draft[] {
  const step = {
    runId: `run-${lead}`,
    step: index,
    stepId: `step-${index}`,
    audience: 'lead',
    channel: 'email',
  } as const;
  const send = {
    ...step,
    sendId: `0b0e7a5c-3f0e-4c2a-9a51-${String(lead * 10 + index).padStart(12, '0')}`,
    attempt: 1,
  };
  return [
    { type: 'lead.step-due', data: { ...step, action: step.stepId, plannedAt: AT, lagMs: 400 } },
    { type: 'lead.send-started', data: { ...send, action: step.stepId, deadline: AT } },
    {
      type: 'lead.sent',
      data: { ...send, provider: 'sendgrid', providerMessageId: `message-${index}`, evidence: 'response' },
    },
    {
      type: 'lead.delivered',
      data: {
        key: `event/delivered-${lead}-${index}`,
        provider: 'sendgrid',
        at: AT,
        sendId: send.sendId,
        feedbackSeq: 1,
      },
    },
  ];
}

/** Two mails, each delivered, and the end. */
const draftsOf = (lead: number, email = `lead.${lead}@example.com`): Draft[] => [
  {
    type: 'lead.triaged',
    data: {
      contact: { email, address: email, firstName: 'Jane', lastName: 'Doe', phone: '+15551234567' },
      changes: [],
      tags: [route.tag],
      route,
      zone: { id: 'Europe/Berlin', source: 'explicit', confidence: 'high', evidence: 'given by the form' },
      intake: { seq: 1, key: 'web/1' },
      dossier: {
        source: 'whitepaper',
        medium: 'paid_search',
        campaign: 'q4_enterprise_focus',
        pageURL: 'https://example.com/guides/kubernetes-cost-optimization',
        submissionTimestamp: '2023-10-27T10:00:00Z',
        utm: { utm_term: 'cost' },
        fields: { companySize: '50' },
      },
    },
  },
  { type: 'lead.enrolled', data: { runId: `run-${lead}`, sequence: SEQUENCE, version: 1, planned: planned(0) } },
  ...mail(lead, 0),
  { type: 'lead.step-planned', data: { runId: `run-${lead}`, planned: planned(1), why: 'next' } },
  ...mail(lead, 1),
  { type: 'lead.sequence-completed', data: { runId: `run-${lead}`, sequence: SEQUENCE, why: 'finished' } },
];

/** The log of `leads` runs, with the numbers of a broker without other writers. */
export const logOfRuns = (leads: number): Recorded[] => [...runsOf(leads)].flat();

/** The same in portions, each of all events of as many leads as are in progress at once. */
export function* runsOf(leads: number, abreast = ABREAST): Generator<Recorded[]> {
  for (let first = 0, written = 0; first < leads; first += abreast) {
    const log: Recorded[] = [];
    const runs = Array.from({ length: Math.min(abreast, leads - first) }, (_, index) => ({
      leadId: `lead-${first + index}`,
      drafts: draftsOf(first + index),
      prevSeq: 0,
    }));
    for (let version = 1; runs.some(({ drafts }) => drafts.length >= version); version++) {
      for (const one of runs) {
        const draft = one.drafts[version - 1];
        const seq = written + log.length + 1;
        if (draft) log.push(recorded(one.leadId, draft, { seq, version, prevSeq: one.prevSeq }));
        one.prevSeq = seq;
      }
    }
    written += log.length;
    yield log;
  }
}

const recorded = (
  leadId: string,
  { type, data }: Draft,
  place: { seq: number; version: number; prevSeq: number },
): Recorded =>
  ({
    type,
    data: parseData(type, data),
    id: type === 'lead.triaged' ? leadId.replace('lead', 'run') : `event-${place.seq}`,
    leadId,
    ...place,
    at: Temporal.Instant.fromEpochMilliseconds(STARTED_MS + place.seq).toString(),
    source: 'bench',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }) as Recorded;

/** Writes a log, or its next portion, into the streams of so many partitions; there is no other writer. */
export async function publishLives(nc: NatsConnection, log: readonly Recorded[], partitions = 1): Promise<void> {
  const js = jetstream(nc, { timeout: 30_000 });
  for (let at = 0; at < log.length; at += IN_FLIGHT) {
    const acks = await Promise.all(
      log.slice(at, at + IN_FLIGHT).map((event) =>
        js.publish(logOf(event.leadId, partitions).subject(catalogue[event.type].token), JSON.stringify(event.data), {
          headers: head(event),
        }),
      ),
    );
    const wrong = acks.findIndex(({ seq }, index) => seq !== log[at + index]?.seq);
    if (wrong >= 0) throw new Error(`event ${log[at + wrong]?.seq} got another place in the log`);
  }
}

function head({ id, type, source, at, leadId, version, prevSeq, traceparent = '' }: Recorded) {
  const attributes = {
    [CE.specversion]: '1.0',
    [CE.id]: id,
    [CE.type]: type,
    [CE.source]: source,
    [CE.time]: at,
    [CE.subject]: leadId,
    [CE.dataVersion]: String(catalogue[type].version),
    [LEAD_VERSION]: String(version),
    [LEAD_PREV_SEQ]: String(prevSeq),
    [TRACEPARENT]: traceparent,
  };
  const it = headers();
  for (const [name, value] of Object.entries(attributes)) it.set(name, value);
  return it;
}
