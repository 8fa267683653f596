import { count, countQuery, listQuery, page } from './list-schemas.ts';
import { eventsQuery, health, latestEvents, latestQuery, liveEvent, sequences } from './live-schemas.ts';
import { monitoring } from './monitoring-schemas.ts';
import { needsYou } from './needs-you-schemas.ts';
import { z } from 'zod';
import { account, pauseBody, quarantineEntry, redriven, resumeBody } from './operation-schemas.ts';

import { csvQuery, report, reportQuery } from './report-schemas.ts';
import { settings, tried, tryBody } from './settings-schemas.ts';
import { activateBody, activated, mailQuery, retireBody, sequenceVersion, versionQuery } from './sequence-schemas.ts';

/** Of the read model, and of the log's last hour. */
export const READS = {
  'GET /v1/leads': {
    right: 'read',
    summary: 'A page of leads, the newest first',
    query: listQuery,
    answer: page,
    refusals: ['query'],
  },
  'GET /v1/leads/count': {
    right: 'read',
    summary: 'The number of leads of a list',
    query: countQuery,
    answer: count,
    refusals: ['query'],
  },
  'GET /v1/needs-you': {
    right: 'read',
    summary: 'What waits for an operator: each item with its cause, and the requests that settle it',
    answer: needsYou,
    refusals: [],
  },
  'GET /v1/sequences': {
    right: 'read',
    summary: 'The deployed sequences, and the leads under way in each version',
    answer: sequences,
    refusals: [],
  },
  'GET /v1/sequences/:id/:version': {
    right: 'read',
    summary: 'One version: its steps, the leads at each, its mails to example leads, and what it changes of another',
    query: versionQuery,
    answer: sequenceVersion,
    refusals: ['query', 'unknown-version'],
  },
  'GET /v1/sequences/:id/:version/mails/:template': {
    right: 'read',
    summary: 'A mail of the version to an example lead, as a document in which nothing runs',
    query: mailQuery,
    answer: z.string(),
    type: 'text/html',
    refusals: ['query', 'unknown-version'],
  },
  'GET /v1/health': {
    right: 'read',
    summary: 'The work that waits, and the events of the last hour by minute and type',
    answer: health,
    refusals: [],
  },
  'GET /v1/monitoring': {
    right: 'read',
    summary: 'The alerts that fire, and the last verdicts of the canary, as Prometheus has them',
    answer: monitoring,
    refusals: [],
  },
  'GET /v1/reports': {
    right: 'read',
    summary: 'What became of the runs and mails of a period, by source, sequence, version, step, variant and hour',
    query: reportQuery,
    answer: report,
    refusals: ['query'],
  },
  'GET /v1/reports/csv': {
    right: 'read',
    summary: 'One table of a report as CSV',
    query: csvQuery,
    answer: z.string(),
    type: 'text/csv',
    refusals: ['query'],
  },
  'GET /v1/settings': {
    right: 'read',
    summary:
      'What is in force: hours, holidays, the provider, form services, routes and reps, and where each comes from',
    answer: settings,
    refusals: [],
  },
  'POST /v1/intake/:name/try': {
    right: 'read',
    summary: 'The leads that a post of a form service becomes; nothing is stored',
    body: tryBody,
    answer: tried,
    refusals: ['media-type', 'json', 'contract', 'service', 'refused'],
  },
  'GET /v1/events': {
    right: 'read',
    summary:
      'The events of the log from now on, or behind `Last-Event-ID`, as server-sent events without their data; ' +
      '`gap` names those that the reader missed',
    query: eventsQuery,
    answer: liveEvent,
    type: 'text/event-stream',
    refusals: ['query'],
  },
  'GET /v1/events/latest': {
    right: 'read',
    summary:
      'The latest events of the log’s last hour, without their data: what a reader of `/v1/events` came too late for',
    query: latestQuery,
    answer: latestEvents,
    refusals: ['query'],
  },
} as const;

/** Of what concerns more than one lead. */
export const OPERATIONS = {
  'GET /v1/quarantine/:seq': {
    right: 'read',
    summary: 'A message that a consumer gave up on, and why',
    answer: quarantineEntry,
    refusals: ['unknown-entry'],
  },
  'POST /v1/quarantine/:seq/redrive': {
    right: 'command',
    summary: 'Hands the message to its consumer again; refused with the reason for which it stays',
    answer: redriven,
    refusals: ['unknown-entry', 'refused'],
  },
  'POST /v1/sequences/:id/activate': {
    right: 'admin',
    summary: 'Gives new runs another deployed version, also of a retired sequence; runs under way keep theirs',
    body: activateBody,
    answer: activated,
    refusals: ['media-type', 'json', 'contract', 'refused', 'moved-on'],
  },
  'POST /v1/sequences/:id/retire': {
    right: 'admin',
    summary: 'No new runs; runs under way go on. Refused while the routes lead to it',
    body: retireBody,
    answer: activated,
    refusals: ['media-type', 'json', 'contract', 'refused', 'moved-on'],
  },
  'POST /v1/account/pause': {
    right: 'admin',
    summary: 'Sends nothing through the provider’s account until it is resumed; what is due waits',
    body: pauseBody,
    answer: account,
    refusals: ['media-type', 'json', 'contract'],
  },
  'POST /v1/account/resume': {
    right: 'admin',
    summary: 'Sends again, after any pause of the account, or of one source',
    body: resumeBody,
    answer: account,
    refusals: ['media-type', 'json', 'contract', 'refused'],
  },
} as const;
