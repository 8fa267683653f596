import {
  catalogue,
  chatSchema,
  enricherSchema,
  espSchema,
  gatewaySchema,
  sendClassSchema,
  stepChannelSchema,
} from '@leadstream/contracts/events';
import { outcomes as told } from '@leadstream/contracts/public';
import { Asked, VISITS } from './asked.ts';
import { ANSWERS, TOLD } from './crm/words.ts';
import { WHY } from './webhooks/why.ts';

const provider = [...espSchema.options, ...gatewaySchema.options];
const chat = chatSchema.options;
/** The outcomes of a call to the provider. */
const outcomes = ['accepted', ...sendClassSchema.options.filter((one) => one !== 'swept')];
const LAG_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600];

/** Sources of posts to inbound: the provider's events, mails, and the unsubscribe page. */
export const WEBHOOK_KINDS = ['events', 'inbound', 'unsubscribe'] as const;
/** The provider of the unsubscribe page's posts. */
const OURS = 'leadstream';
export type WebhookKind = (typeof WEBHOOK_KINDS)[number];

/**
 * Reasons for a sender to take no mail: a restored log, an unread account, its breaker, a pause, the account's pace.
 */
export const HOLDS = ['log', 'unread', 'breaker', 'account', 'pace'] as const;
export type Hold = (typeof HOLDS)[number];

/** The services that call a provider: of mails, and of texts. */
const SENDERS = ['sender', 'sms'] as const;

/** The results of a search for a send of unknown outcome. */
export const LOOKUP_RESULTS = ['found', 'absent', 'failed', 'not asked'] as const;
export type LookupResult = (typeof LOOKUP_RESULTS)[number];

/**
 * The metrics that dashboards and alerts rely on: what a service counts itself. One instance a service of a process.
 */
export class Metrics extends Asked {
  readonly espRequests = this.counter(
    'esp_requests_total',
    'Calls to a provider by the class of their outcome',
    { provider, class: outcomes.filter((one) => one !== 'breaker-open') },
    SENDERS,
  );
  readonly espBreakerState = this.gauge(
    'esp_breaker_state',
    '0 closed, 1 half open, 2 open; each process has its own',
    { provider },
    SENDERS,
  );
  readonly sendingHeld = this.gauge(
    'sending_held',
    '1: this sender takes no mail, for this reason; each process has its own',
    { provider, why: HOLDS },
    SENDERS,
  );
  readonly espTries = this.counter(
    'esp_tries_total',
    'Mails that tried a paused account, by what became of them',
    { provider, outcome: [...outcomes, 'arrived', 'not arrived'] },
    [...SENDERS, 'inbound'],
  );
  readonly sourceWaits = this.counter(
    'source_waits_total',
    'Due steps that wait because their lead’s source is paused',
    {},
    SENDERS,
  );
  readonly channelWaits = this.counter(
    'channel_waits_total',
    'Due steps that wait because no provider of their channel is configured',
    { channel: stepChannelSchema.options },
    SENDERS,
  );
  readonly espSeconds = this.histogram(
    'esp_request_seconds',
    'Time of a call to a provider, with the trace of the lead as exemplar',
    { provider },
    SENDERS,
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  );
  readonly espUncalled = this.counter(
    'esp_uncalled_claims_total',
    'Claims without a call: the breaker had opened, or another sender’s mail tries the account',
    { provider },
    SENDERS,
  );
  readonly chatPosts = this.counter(
    'chat_posts_total',
    'Notices to reps at a chat by the class of their outcome; the mail follows all but accepted',
    { chat, class: outcomes },
    ['sender'],
  );
  readonly chatBreakerState = this.gauge(
    'chat_breaker_state',
    '0 closed, 1 half open, 2 open: reps get mails; each process has its own',
    { chat },
    ['sender'],
  );
  readonly lookups = this.counter(
    'lookups_total',
    'Searches at a provider for a send of unknown outcome; not asked: it has no search, or its access is not ' +
      'configured',
    { provider, result: LOOKUP_RESULTS },
    ['lookup'],
  );
  readonly sendWait = this.histogram(
    'send_wait_seconds',
    'From step-due to the first claim: the queue, the breaker, a pause, the pace',
    {},
    SENDERS,
    LAG_SECONDS,
  );
  readonly logHeld = this.gauge(
    'log_held',
    '1: LEADS is not the log that was seen, and nothing is sent until an operator confirms',
    {},
    ['scheduler', ...SENDERS, 'inbound', 'projector', 'crm'],
  );
  readonly events = this.counter(
    'events_total',
    'Events that a service appended to the log; a mail that the provider took is `sent`',
    { event: [] },
    ['triage', 'enricher', 'scheduler', 'sender', 'sms', 'lookup', 'inbound'],
  );
  readonly mailEvents = this.counter(
    'mail_events_total',
    'Events of a mail by its sequence and step, also the answers to it; a mail of a run that has ended is not counted',
    { sequence: [], step: [], event: [] },
    ['scheduler', 'sender', 'sms', 'lookup', 'inbound'],
  );
  readonly appendConflicts = this.counter(
    'append_conflicts_total',
    'Appends that met another event of the lead, and were decided again or left',
    {},
    ['triage', 'enricher', 'scheduler', 'sender', 'sms', 'lookup', 'inbound'],
  );
  readonly feedbackSeconds = this.histogram(
    'feedback_seconds',
    'From the stored webhook to its fact in the log',
    { event: Object.entries(catalogue).flatMap(([, { token, by }]) => (by.includes('inbound') ? [token] : [])) },
    ['inbound'],
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
  );
  readonly webhooks = this.counter(
    'webhooks_total',
    'Webhooks by their result; one that was refused for another reason is in `http_refusals_total` alone',
    {
      provider: [...provider, OURS],
      kind: WEBHOOK_KINDS,
      result: ['stored', 'bad-signature', 'wrong-secret', 'unavailable'],
    },
    ['inbound'],
  );
  readonly webhookLastStored = this.gauge(
    'webhook_last_stored_timestamp_seconds',
    'When a webhook was last stored by this process',
    { kind: WEBHOOK_KINDS },
    ['inbound'],
  );
  readonly unprovenAnswers = this.counter(
    'unproven_answers_total',
    'Answers matched by an address alone that neither SPF nor DKIM proves',
    { outcome: ['recorded', 'not recorded'] },
    ['inbound'],
  );
  readonly otherRecipients = this.counter(
    'other_recipient_events_total',
    'Provider events about a recipient other than the lead, as of a blind copy: not recorded',
    { kind: [] },
    ['inbound'],
  );
  readonly schedulerLag = this.histogram(
    'scheduler_lag_seconds',
    'From the time of a lead’s next action to the event that the hunter appended for it',
    { kind: VISITS },
    ['scheduler'],
    LAG_SECONDS,
  );
  readonly schedulerRound = this.gauge(
    'scheduler_last_round_timestamp_seconds',
    'When the hunter last ended a round',
    {},
    ['scheduler'],
  );
  readonly stuckLeads = this.gauge(
    'stuck_leads',
    'Leads whose next action is late and that nothing moves as things are; each process has its own view: `max`',
    {},
    ['scheduler'],
  );
  readonly conflictingLeads = this.gauge('conflicting_leads', 'Due leads whose hunt conflicts round after round', {}, [
    'scheduler',
  ]);
  readonly huntConflicts = this.counter(
    'hunt_conflicts_total',
    'Hunts that met a newer version of the lead in the log',
    {},
    ['scheduler'],
  );
  readonly documentsBehind = this.counter(
    'documents_behind_total',
    'Documents that lacked an event of the log, by what became of them',
    { outcome: ['repaired', 'failed'] },
    ['projector'],
  );
  readonly submissions = this.counter(
    'submissions_total',
    'What became of submissions: lead, run, rep (only told), kept (starts nothing), known, refused (a cap)',
    { outcome: ['lead', 'run', 'rep', 'kept', 'known', 'refused'], trusted: ['true', 'false'] },
    ['triage'],
  );
  readonly enrichments = this.counter(
    'enrichments_total',
    'Attempts of enrichers, by their outcome',
    { enricher: enricherSchema.options, outcome: ['enriched', 'nothing', 'unavailable'] },
    ['enricher'],
  );
  readonly webhookAttempts = this.counter(
    'webhook_attempts_total',
    'Posts to an endpoint of webhooks, by what became of them',
    { endpoint: [], outcome: ['delivered', ...WHY] },
    ['webhooks'],
  );
  readonly webhookDeadLetters = this.counter(
    'webhook_dead_letters_total',
    'Events that were given up after three days: leadctl webhooks redeliver',
    { endpoint: [] },
    ['webhooks'],
  );
  readonly webhookPaused = this.gauge(
    'webhook_endpoint_paused',
    '1: nothing is posted to the endpoint, until somebody resumes it',
    { endpoint: [] },
    ['webhooks'],
  );
  readonly webhookWaiting = this.gauge(
    'webhook_waiting_seconds',
    'Time that the oldest event has waited for the endpoint since its first attempt; 0: none',
    { endpoint: [] },
    ['webhooks'],
  );
  readonly crmCalls = this.counter(
    'crm_calls_total',
    'Calls of HubSpot; limited: 429; account: the token, a scope or a property; down: no answer of its own',
    { answer: ANSWERS },
    ['crm'],
  );
  readonly crmContacts = this.counter(
    'crm_contacts_total',
    'Leads, by what became of their state at HubSpot; unreadable: it was told nothing: leadctl crm status',
    { outcome: TOLD },
    ['crm'],
  );
  readonly crmHeld = this.gauge(
    'crm_held',
    '1: HubSpot is told nothing, because of a limit, of the account, or for want of an answer',
    {},
    ['crm'],
  );
  readonly outcomes = this.counter(
    'outcomes_total',
    'Events that were published to other teams, by their type',
    { type: Object.keys(told) },
    ['outcomes', 'refusals'],
  );
  readonly publishFailures = this.counter('publish_failures_total', 'Publishes that got no durable ack', {}, [
    'ingest',
    'inbound',
  ]);
  readonly handled = this.counter(
    'handled_total',
    'Deliveries of a consumer by their outcome',
    { consumer: [], exit: [] },
    'every',
  );
  readonly handleSeconds = this.histogram(
    'handle_seconds',
    'Time of a delivery, waits for the provider and its pace included',
    { consumer: [] },
    'every',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  );
  readonly quarantined = this.counter(
    'quarantined_total',
    'Messages that a consumer gave up on, by their type',
    { consumer: [], type: [] },
    'every',
  );
  readonly newer = this.counter(
    'newer_deliveries_total',
    'Deliveries that were handed back because a newer build wrote their message',
    { consumer: [] },
    'every',
  );
  readonly buildInfo = this.gauge(
    'build_info',
    '1: the version of Leadstream and of Node.js',
    { version: [], node: [] },
    'every',
  );
  readonly httpRequests = this.counter(
    'http_requests_total',
    'Responses by route and status, also to callers that had left, without those to the probes',
    { route: [], code: [] },
    'every',
  );
  readonly httpSeconds = this.histogram(
    'http_request_seconds',
    'From a request’s headers to the end of its response',
    { route: [] },
    'every',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
  );
  readonly httpRefusals = this.counter(
    'http_refusals_total',
    'Requests that were refused, by the reason',
    { route: [], status: [], reason: [] },
    'every',
  );
  readonly importedRows = this.counter(
    'imported_rows_total',
    'Rows of files that the console’s page imports: handed in, or refused by a file that is imported',
    { outcome: ['handed-in', 'refused'] },
    ['console'],
  );
  readonly httpHeldBytes = this.gauge('http_held_bytes', 'Bytes of request bodies that are held', {}, 'every');
}
