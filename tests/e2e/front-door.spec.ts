import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { eventually } from '@leadstream/testing/eventually';
import { deliveryModes, freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

describe.each(deliveryModes)('with every message delivered %s', (delivery) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ delivery });
  });
  afterAll(() => stack.stop());

  const publish = (body: string | Uint8Array) => {
    const head = headers();
    for (const [name, value] of Object.entries({
      'ce-id': crypto.randomUUID(),
      'ce-type': 'lead.created',
      'ce-source': 'crm',
      'ce-specversion': '1.0',
    }))
      head.set(name, value);
    return jetstream(stack.nc).publish('lead.created', body, { headers: head });
  };
  const quarantined = (seq: number) =>
    eventually(async () => {
      const { state } = await stack.jsm.streams.info('QUARANTINE');
      for (let at = state.first_seq; at <= state.last_seq; at++) {
        const entry = (await stack.jsm.streams.getMessage('QUARANTINE', { seq: at }))?.json<{
          origin: { seq: number };
          reason: string;
          body?: string;
        }>();
        if (entry?.origin.seq === seq) return entry;
      }
      return undefined;
    });

  it.each([
    ['not JSON', '{"email":', /JSON/],
    ['of the wrong shape', JSON.stringify({ email: 'jane@example.com' }), /leadData/],
    ['without an address one could write to', JSON.stringify(lead('nobody', 'whitepaper')), /email/],
    [
      '1,000,000 bytes long',
      JSON.stringify(lead('jane@example.com', 'whitepaper', { padding: 'x'.repeat(999_900) })).slice(0, 1_000_000),
      /larger/,
    ],
  ])('a message that is %s is quarantined with its reason, and the rest flows', async (_case, body, reason) => {
    const { seq } = await publish(body);
    const email = freshEmail();
    await publish(JSON.stringify(lead(email, 'whitepaper')));
    await eventually(() => mailsTo(stack.sandbox, email)[0]);
    const entry = await quarantined(seq);
    expect(entry.reason).toMatch(reason);
    if (body.length <= 64 * 1024) expect(Buffer.from(entry.body ?? '', 'base64').toString()).toBe(body);
    else expect(entry.body).toBeUndefined();
  });

  const leads = () => `${stack.url('ingest')}/v1/leads`;

  it.each([
    ['no address one could write to', JSON.stringify(lead('nobody', 'whitepaper')), 'application/json', 400, 'email'],
    ['no email', JSON.stringify({ leadData: { source: 'whitepaper' } }), 'application/json', 400, 'email'],
    [
      'no source',
      JSON.stringify({ email: 'jane@example.com', leadData: {} }),
      'application/json',
      400,
      'leadData.source',
    ],
    ['no JSON', '{', 'application/json', 400, undefined],
    [
      'more than 64 KiB',
      JSON.stringify(lead('jane@example.com', 'x', { fields: 'x'.repeat(70_000) })),
      'application/json',
      413,
      undefined,
    ],
    ['another media type', '<lead/>', 'application/xml', 415, undefined],
  ])('a post with %s is refused with a problem that names it', async (_case, body, contentType, status, field) => {
    const answer = await fetch(leads(), { method: 'POST', headers: { 'content-type': contentType }, body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      expect.stringContaining('application/problem+json'),
    ]);
    const problem = (await answer.json()) as { status: number; title: string; errors?: { field: string }[] };
    expect(problem).toMatchObject({ status, title: expect.any(String) });
    if (field) expect(problem.errors?.map((error) => error.field)).toContain(field);
  });

  it('a plain form comes in as well, its UTM keys and hidden fields kept', async () => {
    const email = freshEmail();
    const form = new URLSearchParams({
      email,
      first_name: 'Jane',
      source: 'webinar_scaling',
      utm_term: 'cost',
      companySize: '50',
      page_url: 'https://example.com/?utm_campaign=q4',
    });
    expect((await fetch(leads(), { method: 'POST', body: form })).status).toBe(202);
    await stack.lead(email);
    const [triaged] = await stack.history(email);
    expect(triaged?.data).toMatchObject({
      contact: { firstName: 'Jane' },
      tags: ['source:webinar'],
      dossier: { utm: { utm_term: 'cost', utm_campaign: 'q4' }, fields: { companySize: '50' } },
    });
    expect(JSON.stringify(triaged)).not.toContain('127.0.0.1');
  });

  it('an unknown path and method are problems too', async () => {
    expect((await fetch(`${stack.url('ingest')}/v1/nothing`)).status).toBe(404);
    expect((await fetch(leads())).status).toBe(405);
  });

  it('health, readiness and metrics answer on every service', async () => {
    for (const name of ['ingest', 'triage', 'scheduler', 'sender', 'inbound', 'projector'] as const) {
      const [alive, ready, metrics] = await Promise.all(
        ['healthz', 'readyz', 'metrics'].map((path) => fetch(`${stack.url(name)}/${path}`)),
      );
      expect([alive?.status, ready?.status, metrics?.status]).toEqual([200, 200, 200]);
      expect(await metrics?.text()).toContain('leadstream_');
    }
  });
});
