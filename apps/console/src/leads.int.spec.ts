import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enrolled, paused, sent, claimed, stepDue } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { explainedAnswer } from './explain-schemas.ts';
import { lead as leadSchema, type LeadView } from './schemas.ts';
import { House } from './testing/house.ts';
import { opened, type Opened, untilReady } from './testing/opened.ts';

describe('one lead', () => {
  let house: House;
  let console: Opened;
  const get = (url: string) => console.ask('GET', `/v1/leads/${url}`, { role: 'view' });
  const lead = async (url: string) => leadSchema.parse((await get(url)).json<LeadView>());

  beforeAll(async () => {
    house = await House.open();
    console = await opened(house.env);
    await untilReady(console);
    const leadId = await house.newLead();
    // The deployed sequences follow in the background.
    await eventually(async () => (await get(leadId)).statusCode === 200);
  });
  afterAll(async () => {
    await console?.service.stop();
    await house?.close();
  });

  it('is shown from the log: what it is, what happened, what comes next, and what an operator can do', async () => {
    const leadId = await house.newLead(enrolled({}), paused);
    const answer = await get(leadId);
    expect([answer.statusCode, answer.headers['etag'], answer.headers['cache-control']]).toEqual([
      200,
      '"3"',
      'no-store',
    ]);
    expect(leadSchema.parse(answer.json())).toMatchObject({
      id: leadId,
      version: 3,
      latest: 3,
      status: 'paused',
      contact: { firstName: 'Jane' },
      next: { kind: 'operator', text: expect.stringContaining('waits until an operator resumes the lead') },
      runs: [
        {
          sequence: 'content-nurture',
          steps: [
            { id: 'first', state: 'next' },
            { id: 'second', state: 'later' },
          ],
        },
      ],
      can: {
        pause: { reason: 'paused-already', remedy: 'resume ends the pause' },
        resume: true,
        restart: true,
        resolve: { reason: 'unknown-send' },
      },
      timeline: [{ type: 'lead.triaged', sealed: false }, { type: 'lead.enrolled' }, { type: 'lead.paused' }],
    });
  });

  it('is shown as it was after an event, or at a time, without what can be done now', async () => {
    const leadId = await house.newLead(enrolled({}), paused);
    const [, second] = await house.history(leadId);
    for (const query of ['version=2', `at=${encodeURIComponent(second?.at ?? '')}`])
      expect(await lead(`${leadId}?${query}`)).toMatchObject({ version: 2, latest: 3, status: 'active', can: null });
  });

  it.each([
    ['version=9', 404, 'UNKNOWN_VERSION'],
    ['at=2020-01-01T00:00Z', 404, 'UNKNOWN_VERSION'],
    ['at=2026-11-24T09:00', 400, 'QUERY'],
    ['version=0', 400, 'QUERY'],
    ['version=1&version=2', 400, 'QUERY'],
    ['version=1&at=2026-11-24T09:00Z', 400, 'QUERY'],
    ['__proto__=1', 400, 'QUERY'],
    ['since=1', 400, 'QUERY'],
  ])('with ?%s is answered %s %s', async (query, status, code) => {
    const leadId = await house.newLead();
    const answer = await get(`${leadId}?${query}`);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
  });

  it.each(['none', '*', '>', 'a.b', '%00', crypto.randomUUID()])('is unknown by the id %s', async (id) => {
    const answer = await get(id);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([404, 'UNKNOWN_LEAD']);
  });

  it('is explained as leadctl explains it', async () => {
    const leadId = await house.newLead(enrolled({}), paused);
    const said = explainedAnswer.parse((await get(`${leadId}/explain`)).json());
    expect(said).toMatchObject({
      leadId,
      verdict: 'paused',
      guards: expect.arrayContaining([
        expect.objectContaining({
          guard: 'paused',
          blocks: true,
          by: expect.objectContaining({ type: 'lead.paused' }),
        }),
      ]),
      earliest: null,
    });
  });

  it('has a reason for each mail that went out, and none for another', async () => {
    const leadId = await house.newLead(enrolled({}), stepDue(), claimed(), sent());
    for (const query of ['send=send-1', 'step=first'])
      expect(explainedAnswer.parse((await get(`${leadId}/explain?${query}`)).json())).toMatchObject({
        sendId: 'send-1',
        because: expect.arrayContaining([expect.objectContaining({ type: 'lead.sent' })]),
      });
    const unknown = await get(`${leadId}/explain?send=send-9`);
    expect([unknown.statusCode, unknown.json<{ code: string }>().code]).toEqual([404, 'UNKNOWN_SEND']);
  });

  it('is read by somebody, which the log shows without its personal data', async () => {
    const leadId = await house.newLead();
    console.lines.length = 0;
    await get(leadId);
    await get(`${leadId}/explain`);
    const viewed = console.lines
      .filter((line) => line.includes('lead viewed'))
      .map((line) => JSON.parse(line) as object);
    expect(viewed).toEqual([
      expect.objectContaining({ by: 'view-token', leadId, route: '/v1/leads/:id' }),
      expect.objectContaining({ by: 'view-token', leadId, route: '/v1/leads/:id/explain' }),
    ]);
    expect(console.lines.join()).not.toMatch(/Jane|Doerr|@example\.com/);
  });
});
