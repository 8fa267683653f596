import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decideDue } from '@leadstream/sequences/plan';
import { AccountStore } from '@leadstream/service/account';
import { eventually } from '@leadstream/testing/eventually';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

/** Two mails each: 220 that arrive. */
const LEADS = 110;
const FLUSHED = { timeoutMs: 150_000 };

describe('an account', () => {
  let stack: Stack;
  let account: AccountStore;
  beforeAll(async () => {
    // A try is given up after six intervals. Inbound records its outcome within 5 s, or later on a busy machine.
    stack = await startStack({
      env: { BOUNCE_RATE_MAX: '0.05', COMPLAINT_RATE_MAX: '0.003', ESP_TRY_EVERY_MS: '5000' },
    });
    account = new AccountStore(stack.broker, 1, 'sendgrid');
  });
  afterAll(() => stack.stop());

  const post = async (source: string): Promise<string> => {
    const email = freshEmail();
    expect((await stack.post(lead(email, source))).status).toBe(202);
    return email;
  };
  const written = (emails: readonly string[]) =>
    eventually(() => emails.every((email) => mailsTo(stack.sandbox, email).length > 0));

  it('keeps sending when made-up addresses of one form bounce; only the mails of that form wait', async () => {
    const others = await Promise.all(Array.from({ length: LEADS }, () => post('whitepaper')));
    await eventually(() => others.every((email) => mailsTo(stack.sandbox, email).length === 2));
    const made = await Promise.all(Array.from({ length: 16 }, () => post('made_up_form')));
    await written(made);
    for (const email of made) {
      const [mail] = mailsTo(stack.sandbox, email);
      await stack.client.event({ messageId: mail?.id ?? '', event: 'bounce', type: 'bounce', status: '5.1.1' });
    }
    const [source = ''] = await eventually(async () => {
      const names = Object.keys((await account.sources()) ?? {});
      return names.length > 0 && names;
    }, FLUSHED);
    expect([Object.keys((await account.sources()) ?? {}), await account.paused()]).toEqual([
      [expect.stringMatching(/^ingest source:/)],
      null,
    ]);

    const [one, waiting] = [await post('whitepaper'), await post('made_up_form')];
    await written([one]);
    await eventually(async () => (await stack.types(waiting)).includes('step-due'));
    await written([await post('whitepaper')]);
    expect(await stack.types(waiting)).not.toContain('send-started');

    // A second message of a lead whose mail waits is told to the rep at once, and the mail goes on waiting.
    const told = await post('made_up_form');
    await eventually(async () => (await stack.types(told)).includes('step-due'));
    const again = { source: 'made_up_form', fields: { message: 'please call me' } };
    await stack.post(lead(told, 'made_up_form', { leadData: again }));
    await eventually(() => mailsTo(stack.sandbox, REP).some(({ text }) => text?.includes('please call me')));
    expect(mailsTo(stack.sandbox, told)).toEqual([]);

    // It has waited for longer than that, and for nothing but the source.
    const [{ seq: dueSeq } = { seq: 0 }] = (await stack.log.history(stack.idOf(waiting))).slice(-1);
    expect(
      await stack.leadctl('verify', '--overdue', 'PT0.1S').catch((error: { stdout: string }) => error.stdout),
    ).not.toContain(`LEADS ${dueSeq}  since`);

    // Inbound may have counted before the last of the bounces came.
    expect(await stack.leadctl('account', 'show')).toMatch(
      new RegExp(`^sendgrid  sending .*\\nsource "${source}"  paused by inbound .*: 1\\d of `),
    );
    await expect(stack.leadctl('account', 'resume', '--by', 'ana', '--source', 'another')).rejects.toThrow(
      'is not paused',
    );
    expect(await stack.leadctl('account', 'resume', '--by', 'ana', '--source', source)).toBe(
      `the source "${source}" is sending\n`,
    );
    const shown = await stack.leadctl('account', 'show');
    expect(shown).toMatch(/^reputation {2}\d+ delivered, 1\d bounced, 0 complaints/m);
    expect(shown).toContain(`source "${source}" resumed by ana\n`);
    expect(shown).toContain(`source "${source}" paused by inbound: 1`);
    await written([await post('made_up_form')]);
    // The hunter does the same a quarter of an hour later.
    const planning = {
      now: Temporal.Now.instant().add({ minutes: 16 }),
      delayScale: 1,
      hours: BUSINESS_HOURS,
      sequence: () => undefined,
    };
    await stack.log.decide(stack.idOf(waiting), 'asked-again', (state) => decideDue(state, planning));
    await written([waiting]);
  });

  it('that services paused is tried by one mail at a time, and goes on when three in a row have arrived', async () => {
    await account.pause({ why: 'bounces', by: 'inbound', kind: 'reputation' });
    const emails = await Promise.all(Array.from({ length: 8 }, () => post('whitepaper')));
    const mails = () => emails.reduce((sum, email) => sum + mailsTo(stack.sandbox, email).length, 0);
    const seen: number[] = [];
    await eventually(
      async () => {
        seen.push(mails());
        return (await account.paused()) === null;
      },
      { timeoutMs: 300_000 },
    );
    expect(Math.max(...seen.slice(0, -1))).toBeLessThanOrEqual(3);
    await written(emails);
  });
});
