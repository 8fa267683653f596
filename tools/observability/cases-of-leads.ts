import {
  type Case,
  SENDGRID,
  canaryFailed,
  oldest,
  calls,
  fires,
  posts,
  quarantined,
  silent,
  steps,
  stopped,
  taken,
  twice,
  watchUp,
  webhooks,
} from './scraped.ts';

export const casesOfLeads = {
  StopSlow: [
    fires('one reply was late', 10, {
      ...stopped('0+2x10', '0+2x5 11+2x4'),
      ...watchUp({ nats: '1x13', mongodb: '0x13' }),
    }),
    silent('NATS was away, so that no mail went out', 10, {
      ...stopped('0+2x10', '0+2x5 11+2x4'),
      ...watchUp({ nats: '1x3 0 1x9', mongodb: '1x13' }),
    }),
    silent('all were in time', 10, stopped('0+2x10', '0+2x10')),
    silent('the first one was late, and others have been in time since', 28, {
      ...stopped('0x2 1x9 _ 1x5 5x10', '0x12 _ 0x5 4x10'),
      ...watchUp({ nats: '1x30', mongodb: '1x30' }),
    }),
    {
      ...fires('it was the first of a new process', 5, {
        ...stopped('_x5 0 1x20', '_x5 0 0x20'),
        ...watchUp({ nats: '1x26', mongodb: '1x26' }),
      }),
      every: 0.25,
    },
    silent('an opened mail was late, which stops nothing', 10, stopped('0+2x10', '0+1x10', 'opened')),
  ],
  WebhooksRefused: [
    fires(
      'the provider’s key has changed',
      20,
      {
        ...webhooks('bad-signature', '0+2x20'),
        ...webhooks('stored', '9x20'),
        ...webhooks('stored', '0+1x20', 'inbound'),
      },
      { provider: 'sendgrid', kind: 'events' },
    ),
    fires(
      'those of the new provider, while the old one’s come in',
      20,
      { ...webhooks('bad-signature', '0+2x20', 'events', 'mailgun'), ...webhooks('stored', '0+1x20') },
      { provider: 'mailgun', kind: 'events' },
    ),
    silent('a stranger tries', 20, { ...webhooks('bad-signature', '0+2x20'), ...webhooks('stored', '0+1x20') }),
    silent('there were three', 20, { ...webhooks('bad-signature', '0x5 3x15'), ...webhooks('stored', '9x20') }),
    silent('NATS is away', 20, { ...webhooks('unavailable', '0+2x20'), ...webhooks('stored', '9x20') }),
  ],
  WebhooksSilent: [
    fires(
      'no event comes in, while mails do',
      50,
      {
        ...taken('0+1x50'),
        ...webhooks('stored', '3x50'),
        ...webhooks('stored', '0+1x50', 'inbound'),
      },
      SENDGRID,
    ),
    fires(
      'the few posts that came were refused',
      50,
      {
        ...taken('0+1x50'),
        ...webhooks('stored', '3x50'),
        ...webhooks('bad-signature', '0x30 5x20'),
      },
      SENDGRID,
    ),
    fires(
      'the posts are refused, too few at a time for the alert of that',
      50,
      {
        ...taken('0+1x50'),
        ...webhooks('stored', '3x50'),
        ...webhooks('bad-signature', Array.from({ length: 51 }, (_, minute) => Math.floor(minute / 2)).join(' ')),
      },
      SENDGRID,
    ),
    silent('all events are refused, which has its own alert', 50, {
      ...taken('0+1x50'),
      ...webhooks('stored', '3x50'),
      ...webhooks('bad-signature', '0+1x50'),
    }),
    fires(
      'no report of a text comes in, while the mails’ do',
      50,
      {
        ...taken('0+1x50'),
        ...webhooks('stored', '0+1x50'),
        ...taken('0+1x50', 'twilio'),
        ...webhooks('stored', '0x50', 'events', 'twilio'),
      },
      { provider: 'twilio' },
    ),
    silent('a few events come in', 50, { ...taken('0+1x50'), ...webhooks('stored', '0+0.1x50') }),
    silent('ten mails go out', 50, {
      ...taken('0+0.3x50'),
      ...webhooks('stored', '3x50'),
      ...taken('0+2x50', 'twilio'),
      ...webhooks('stored', '0+2x50', 'events', 'twilio'),
    }),
    silent('calls fail', 50, {
      ...taken('0x50'),
      'leadstream_esp_requests_total{provider="sendgrid",class="server-error"}': '0+2x50',
      ...webhooks('stored', '3x50'),
    }),
    silent('it begins', 30, { ...taken('0+1x50'), ...webhooks('stored', '3x50') }),
    silent('a plain mail server sends, which posts none', 50, {
      ...taken('0+1x50', 'smtp'),
      ...webhooks('stored', '0x50', 'events', 'smtp'),
    }),
  ],
  LeadsStuck: [
    fires('a sequence is not deployed', 15, {
      'leadstream_stuck_leads{pod="1"}': '0 3x15',
      'leadstream_stuck_leads{pod="2"}': '0x15',
    }),
    silent('it has been so for five minutes', 5, { 'leadstream_stuck_leads{pod="1"}': '0 3x15' }),
    silent('the projector is behind, so that hunts conflict', 15, {
      ...oldest('projector-1', '90x15'),
      'leadstream_stuck_leads{pod="1"}': '0 3x15',
    }),
  ],
  LeadsParked: [
    fires('nobody settles it', 250, { 'leadstream_leads{status="parked"}': '1x25' }),
    silent('it has been so for hours', 200, { 'leadstream_leads{status="parked"}': '1x25' }),
    silent('others are active', 250, {
      'leadstream_leads{status="parked"}': '0x25',
      'leadstream_leads{status="active"}': '9x25',
    }),
  ],
  SendsUnknown: [
    fires(
      'nobody settles it',
      250,
      twice((pod) => ({ [`leadstream_sends_unknown{pod="${pod}"}`]: '2x25' })),
    ),
    silent('it has been so for hours', 200, { leadstream_sends_unknown: '2x25' }),
  ],
  Quarantined: [
    fires('the first message since the start', 10, quarantined('0x5 1x5'), { consumer: 'triage' }),
    silent('it was two hours ago', 130, quarantined('0 1x13')),
  ],
  QuarantineGrows: [
    fires('a release fails on every message', 15, quarantined('0+5x15'), { consumer: 'triage' }),
    silent('odd messages come now and then', 15, quarantined('0+1x15')),
  ],
  CrmHeld: [
    fires('the token was rotated', 40, { leadstream_crm_held: '0x5 1x35' }, {}),
    silent('a limit of ten seconds', 40, { leadstream_crm_held: '0x5 1 0x35' }),
    silent('one of two processes tells', 40, {
      'leadstream_crm_held{instance="a"}': '1x40',
      'leadstream_crm_held{instance="b"}': '0x40',
    }),
  ],
  EndpointPaused: [
    fires('it was gone', 20, { 'leadstream_webhook_endpoint_paused{endpoint="crm"}': '0x5 1x15' }, { endpoint: 'crm' }),
    silent('it has just been paused', 8, { 'leadstream_webhook_endpoint_paused{endpoint="crm"}': '0x5 1x15' }),
    silent('it delivers', 20, { 'leadstream_webhook_endpoint_paused{endpoint="crm"}': '0x20' }),
  ],
  EndpointLate: [
    fires(
      'it is down for hours',
      80,
      {
        'leadstream_webhook_waiting_seconds{endpoint="crm"}': '0+60x80',
        'leadstream_webhook_endpoint_paused{endpoint="crm"}': '0x80',
      },
      { endpoint: 'crm' },
    ),
    silent('it was down for half an hour', 80, {
      'leadstream_webhook_waiting_seconds{endpoint="crm"}': '0+60x30 0x50',
    }),
    silent('it is paused, which has its own alert', 90, {
      'leadstream_webhook_waiting_seconds{endpoint="crm"}': '0+60x90',
      'leadstream_webhook_endpoint_paused{endpoint="crm"}': '1x90',
    }),
  ],
  DeadLetters: [
    fires(
      'an event was given up',
      10,
      { 'leadstream_webhook_dead_letters_total{endpoint="crm"}': '0x5 1x5' },
      { endpoint: 'crm' },
    ),
    silent('that was two hours ago', 130, { 'leadstream_webhook_dead_letters_total{endpoint="crm"}': '0 1x13' }),
  ],
  CanaryFails: [
    fires(
      'two rounds failed at the same stage',
      10,
      twice((pod) => canaryFailed('0x3 1x3 2x4', 'stopped', pod)),
      { kind: 'answering', stage: 'stopped' },
    ),
    silent('one round failed', 10, canaryFailed('0x3 1x7', 'stopped')),
  ],
  CanaryBlind: [
    fires('its reads fail', 30, { leadstream_canary_up: '1x5 0x25', ...watchUp({ nats: '1x30', mongodb: '1x30' }) }),
    silent('MongoDB is away', 30, {
      leadstream_canary_up: '1x5 0x25',
      ...watchUp({ nats: '1x30', mongodb: '1x5 0x25' }),
    }),
    silent('there is no canary', 30, watchUp({ nats: '1x30', mongodb: '1x30' })),
  ],
  CanaryMissing: [
    fires('the canary is gone', 300, {
      'leadstream_canary_last_success_timestamp_seconds{kind="silent"}': '0x30',
      'leadstream_canary_failures_in_a_row{kind="silent",stage="none"}': '0x30',
    }),
    silent('it fails, which has its own alert', 300, {
      'leadstream_canary_last_success_timestamp_seconds{kind="silent"}': '0x30',
      'leadstream_canary_failures_in_a_row{kind="silent",stage="due"}': '3x30',
    }),
    silent('it passes each hour', 300, {
      'leadstream_canary_last_success_timestamp_seconds{kind="silent"}': '0x5 3600x5 7200x5 10800x5 14400x9',
    }),
  ],
  BudgetBurnsFast: [
    fires('a fifth of the calls fails', 70, calls('0+40x70', '0+10x70'), { slo: 'calls' }),
    fires('ten posts were refused, a moment ago too', 70, posts('0+1x70', '0x60 0+1x9'), { slo: 'leads' }),
    fires('two thirds of the steps are late', 70, steps('0+3x70', '0+1x70'), { slo: 'steps' }),
    fires('the same from a histogram that Prometheus 3 has named', 70, steps('0+3x70', '0+1x70', '60.0'), {
      slo: 'steps',
    }),
    silent('a few posts were refused', 70, posts('0+1x70', '0x66 1 2 3 4')),
    silent('all calls of three minutes fail', 70, calls('0+50x70', '0x67 50 100 150')),
    silent('few calls still fail', 70, calls('0+50x70', '0+20x60 1200+2x9')),
  ],
  BudgetBurnsSlowly: [
    fires('one call in twelve fails', 400, calls('0+11x40', '0+1x40'), { slo: 'calls' }),
    silent('all calls of half an hour fail, of many', 400, calls('0+1000x40', '0x37 600 1200 1800')),
    silent('few calls still fail', 400, calls('0+100x40', '0+20x36 740+3x3')),
    silent('three calls failed', 400, calls('0+1x40', '0x38 1 3')),
  ],
  BudgetBurns: [
    fires('one call in fifty fails', 4440, calls('0+49x74', '0+1x74'), { slo: 'calls' }),
    silent('hundred calls fail in six hours, of very many', 4440, calls('0+1000x74', '0x68 0+20x5')),
    silent('few calls still fail', 4440, calls('0+49x74', '0+1x67 69.5+0.2x6')),
    silent('three calls failed', 4440, calls('0+1x74', '0x72 1 3')),
  ],
} satisfies Record<string, Case[]>;
