import type { AlertName } from './alerts.ts';
import { casesOfLeads } from './cases-of-leads.ts';
import {
  type Case,
  APPS,
  SENDGRID,
  breaker,
  builds,
  channelWaits,
  chatPosts,
  due,
  fires,
  newer,
  oldest,
  paused,
  silent,
  sources,
  started,
  twice,
  watchUp,
} from './scraped.ts';

const cases: Record<AlertName, Case[]> = {
  ServiceDown: [
    ...APPS.map((app) => fires(`${app} is no longer scraped`, 10, builds({ [app]: '1x5 stale' }), { app })),
    silent('a pod is replaced, which takes a minute', 7, builds({ sender: '1x5 stale' })),
    silent('one of two pods is gone', 10, {
      ...builds({ sender: '1x5 stale' }),
      'leadstream_build_info{app="sender",pod="2"}': '1x30',
    }),
  ],
  ServiceRestarts: [
    fires('a process starts again and again', 20, started('1x5 2x5 3x5 4x9'), { app: 'sender' }),
    silent('it was deployed twice', 20, started('1x5 2x5 3x9')),
    silent('another system restarts', 20, { 'process_start_time_seconds{job="node"}': '1x5 2x5 3x5 4x9' }),
  ],
  DependencyDown: [
    fires(
      'MongoDB stops to answer',
      10,
      twice((pod) => watchUp({ mongodb: '1x5 0x9', nats: '1x30' }, pod)),
      { dependency: 'mongodb' },
    ),
    silent('MongoDB does not answer for a minute', 7, watchUp({ mongodb: '1x5 0x9', nats: '1x30' })),
  ],
  LogHeld: [
    fires('one service holds the log', 3, {
      'leadstream_log_held{app="sender"}': '0 1x9',
      'leadstream_log_held{app="inbound"}': '0x9',
    }),
    silent('it has just begun', 1, { 'leadstream_log_held{app="sender"}': '0 1x9' }),
  ],
  RolloutUnfinished: [
    fires(
      'an old pod remains',
      90,
      twice((pod) => newer('0+1x99', pod)),
      { consumer: 'triage' },
    ),
    silent('a roll-out takes half an hour', 30, newer('0+1x99')),
  ],
  Watchdog: [fires('nothing is scraped', 0, {})],
  SchedulerLate: [
    fires('the scheduler takes no lead', 10, {
      ...due('0+60x10'),
      ...twice((pod) => oldest('projector-1', '20x10', pod)),
      ...oldest('triage', '90x10'),
    }),
    silent('a lead is five minutes late', 6, { ...due('0+60x10'), ...oldest('projector-1', '0x10') }),
    silent('leads are taken within four minutes', 10, { ...due('240x10'), ...oldest('projector-1', '0x10') }),
    silent('the read model is behind, so that a taken lead looks due', 10, {
      ...due('0+60x10'),
      ...oldest('projector-1', '90x10'),
    }),
    silent('NATS is away', 10, due('0+60x10')),
    silent('the log is held', 10, {
      ...due('0+60x10'),
      ...oldest('projector-1', '0x10'),
      'leadstream_log_held{app="scheduler"}': '1x10',
    }),
    silent('a lead is stuck, which has its own alert', 10, {
      ...due('0+60x10', 'watchdog'),
      ...oldest('projector-1', '0x10'),
    }),
  ],
  QueueOld: [
    fires(
      'two watches see a message that no process takes: one alert',
      10,
      twice((pod) => oldest('triage', '0+60x10', pod)),
      { stream: 'LEADS', consumer: 'triage' },
    ),
    silent('a message has waited for six minutes', 6, oldest('triage', '0+60x10')),
    fires(
      'a stop waits while the log is held, which holds no stop',
      10,
      { ...oldest('inbound', '0+60x10'), 'leadstream_log_held{app="scheduler"}': '1x10' },
      { stream: 'LEADS', consumer: 'inbound' },
    ),
    silent('the log is held', 10, { ...oldest('outcomes', '0+60x10'), 'leadstream_log_held{app="scheduler"}': '1x10' }),
    silent('each waits for four minutes', 10, oldest('triage', '240x10')),
    silent('the senders, the enricher, the lookup and the projector have their own limits', 10, {
      ...oldest('sender', '900x10'),
      ...oldest('sms', '900x10'),
      ...oldest('enricher', '900x10'),
      ...oldest('lookup', '80000x10'),
      ...oldest('projector-1', '900x10'),
    }),
  ],
  QueueSlow: [
    fires(
      'the sender takes nothing',
      60,
      twice((pod) => ({ ...oldest('sender', '0+60x60', pod), ...paused('person', '0x60', pod) })),
      { stream: 'LEADS', consumer: 'sender' },
    ),
    silent('a message has waited for 35 minutes', 35, oldest('sender', '0+60x60')),
    silent('the account is paused', 60, {
      ...oldest('sender', '0+60x60'),
      ...twice((pod) => paused('person', '1x60', pod)),
    }),
    fires(
      'the gateway takes no text, while the account of mails is paused',
      60,
      {
        ...oldest('sms', '0+60x60'),
        ...twice((pod) => ({ ...paused('person', '1x60', pod), ...paused('person', '0x60', pod, 'twilio') })),
      },
      { stream: 'LEADS', consumer: 'sms' },
    ),
    fires(
      'no mail goes out, while the account of texts is paused',
      60,
      {
        ...oldest('sender', '0+60x60'),
        ...oldest('sms', '0+60x60'),
        ...paused('person', '0x60'),
        ...paused('person', '1x60', '1', 'twilio'),
      },
      { stream: 'LEADS', consumer: 'sender' },
    ),
    fires(
      'an enricher hangs, whatever is paused',
      60,
      { ...oldest('enricher', '0+60x60'), ...paused('person', '1x60') },
      { stream: 'LEADS', consumer: 'enricher' },
    ),
    silent('the pace makes it wait', 60, { ...oldest('sender', '1500x60'), ...oldest('triage', '3000x60') }),
  ],
  ProjectionBehind: [
    fires('the projector takes nothing', 12, {
      ...twice((pod) => oldest('projector-1', '0+60x12', pod)),
      ...watchUp({ mongodb: '1x12', nats: '0x12' }),
    }),
    silent('MongoDB is away, which has its own alert', 12, {
      ...oldest('projector-1', '0+60x12'),
      ...twice((pod) => watchUp({ mongodb: '1 0x12', nats: '1x12' }, pod)),
    }),
    silent('it has been behind for minutes', 6, oldest('projector-1', '0+60x12')),
    silent('it is a minute behind, and others more', 12, {
      ...oldest('projector-1', '60x12'),
      ...oldest('triage', '900x12'),
    }),
  ],
  DocumentsFailed: [
    fires('a repair fails', 10, { 'leadstream_documents_behind_total{outcome="failed"}': '0x5 1x5' }),
    silent('repairs succeed', 10, {
      'leadstream_documents_behind_total{outcome="failed"}': '0x10',
      'leadstream_documents_behind_total{outcome="repaired"}': '0+1x10',
    }),
  ],
  ProviderDown: [
    fires(
      'the breaker stays open, or half open',
      12,
      { ...breaker('0x2 2 1 2 1 2x9'), ...breaker('0x12', '2') },
      SENDGRID,
    ),
    fires(
      'the breaker of texts alone stays open',
      12,
      { ...breaker('0x12'), ...breaker('0x2 2x10', '1', 'twilio') },
      { provider: 'twilio' },
    ),
    silent('the breaker has been open for three minutes', 6, breaker('0x2 2x9')),
  ],
  AccountPaused: [
    fires(
      'bounces paused it',
      20,
      twice((pod) => ({ ...paused('inbound', '0 1x20', pod), ...paused('sender', '0x20', pod) })),
      { ...SENDGRID, by: 'inbound' },
    ),
    fires(
      'the gateway refuses the key',
      20,
      { ...paused('sender', '0x20'), ...paused('sender', '0 1x20', '1', 'twilio') },
      { provider: 'twilio', by: 'sender' },
    ),
    silent('a try may end the sender’s pause', 12, paused('sender', '0 1x20')),
    silent('an operator paused it', 20, paused('person', '1x20')),
  ],
  AccountPausedByPerson: [
    fires('it was forgotten', 250, paused('person', '1x25'), SENDGRID),
    silent('it lasts for hours', 200, paused('person', '1x25')),
    silent('inbound paused it', 250, paused('inbound', '1x25')),
  ],
  ChannelWaits: [
    fires(
      'the first step since the start asks',
      10,
      { ...channelWaits('0x5 1x5'), ...channelWaits('0x10', '2') },
      { channel: 'sms' },
    ),
    fires('it asks again after six hours', 700, channelWaits('0 1x35 2x35'), { channel: 'sms' }),
    silent('the provider was configured, and the process started again', 60, channelWaits('0 4x20 0x40')),
    silent('the last one asked half a day ago', 700, channelWaits('0 1x70')),
    silent('no step has asked', 10, channelWaits('0x10')),
  ],
  ChatFails: [
    fires(
      'a webhook is revoked',
      40,
      { ...chatPosts('account', '0 1x10 2x10 3x30'), ...chatPosts('accepted', '0+1x60') },
      {
        chat: 'slack',
      },
    ),
    silent('two posts are refused', 60, chatPosts('server-error', '0 1x10 2x60')),
    silent('a chat asks to wait', 60, chatPosts('rate-limited', '0+1x70')),
    silent('posts failed hours ago', 200, chatPosts('account', '0+1x10 10x200')),
  ],
  SourcesPaused: [
    fires(
      'a source is paused',
      10,
      twice((pod) => sources('0 1x10', pod)),
      SENDGRID,
    ),
    silent('it has just begun', 3, sources('0 1x10')),
    silent('none is', 10, sources('0x10')),
  ],
  ...casesOfLeads,
};

/** Every alert firing and silent; `alerts.spec.ts` asks for both. */
export const CASES: Readonly<Record<string, Case[]>> = cases;
