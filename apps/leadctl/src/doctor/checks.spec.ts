import { describe, expect, it } from '@jest/globals';
import { DiscardPolicy, StorageType } from '@nats-io/jetstream';
import { judgedReplies, judgedSender } from './dns.ts';
import { judgedKey } from './provider.ts';
import { judgedStream, type Settings } from './streams.ts';

const right: Settings = {
  subjects: ['leads.*.*'],
  storage: StorageType.File,
  allow_direct: true,
  num_replicas: 1,
  discard: DiscardPolicy.New,
  max_age: 0,
};
const whats = (over: Partial<Settings>) => judgedStream('LEADS', { ...right, ...over }, 1).map(({ what }) => what);

describe('a stream', () => {
  it('passes as the services create it', () => {
    expect(judgedStream('LEADS', right, 1)).toEqual([{ group: 'streams', result: 'passed', what: 'LEADS' }]);
  });

  it.each<[string, Partial<Settings>]>([
    ['LEADS does not store leads.*.*', { subjects: ['leads.>.x'] }],
    ['LEADS is kept in memory', { storage: StorageType.Memory }],
    ['LEADS allows no direct reads', { allow_direct: false }],
    ['LEADS has 3 replicas, not 1', { num_replicas: 3 }],
    ['LEADS allows schedules, and with them roll-ups that delete history', { allow_msg_schedules: true }],
    ['LEADS drops old messages', { max_age: 1 }],
    ['LEADS drops its oldest event at a limit', { discard: DiscardPolicy.Old }],
    ['LEADS keeps only some events of a lead', { max_msgs_per_subject: 1 }],
  ])('%s', (what, over) => expect(whats(over)).toEqual([what]));

  it('is missing before the services have started', () => {
    expect(judgedStream('LEADS', undefined, 1)).toMatchObject([{ result: 'failed', what: 'LEADS does not exist' }]);
  });
});

describe('a domain', () => {
  it('that sends has SPF and DMARC', () => {
    const results = (txt: string[], dmarc: string[]) =>
      judgedSender('acme.dev', { txt, dmarc }).map(({ result }) => result);
    expect(results(['v=spf1 include:sendgrid.net ~all'], ['v=DMARC1; p=none'])).toEqual(['passed', 'passed']);
    expect(results(['v=spf10', 'google-site-verification=x'], [])).toEqual(['failed', 'failed']);
  });

  it('that receives replies has an MX record', () => {
    expect(judgedReplies('r.acme.dev', ['mx.sendgrid.net'])).toMatchObject({ result: 'passed' });
    expect(judgedReplies('r.acme.dev', [])).toMatchObject({
      result: 'failed',
      what: expect.stringContaining('no reply'),
    });
  });
});

describe('a key of the provider', () => {
  it.each([
    [200, { scopes: ['mail.send', 'stats.read'] }, 'passed', 'the key may send'],
    [200, { scopes: ['stats.read'] }, 'failed', 'the key may not send'],
    [401, undefined, 'failed', 'SendGrid refuses the key (401)'],
    [404, undefined, 'skipped', 'the provider does not list the key’s scopes'],
    [503, undefined, 'failed', 'the provider answers 503'],
    [200, 'not JSON', 'failed', 'the provider answers 200'],
  ])('answered with %s %j: %s', (status, body, result, what) => {
    expect(judgedKey(status, body)).toMatchObject({ result, what });
  });
});
