import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { Match, MsgHdrsImpl, MuxSubscription, RequestOne, TE, type NatsConnection } from '@nats-io/nats-core/internal';
import fc from 'fast-check';

/** Has the client's own methods, from before the patch. */
class OwnHeaders extends MsgHdrsImpl {}
const { findKeys, append } = Object.getOwnPropertyDescriptors(MsgHdrsImpl.prototype);
Object.defineProperties(OwnHeaders.prototype, { findKeys, append });

const requested = () => new RequestOne(new MuxSubscription(), 'a.subject', { timeout: 60_000 }, false);
/** The errors that a request that succeeds rejects with, after its response. */
async function errorsOfSuccess(): Promise<unknown[]> {
  const request = requested();
  const errors: unknown[] = [];
  const { reject } = request.deferred;
  request.deferred.reject = (error) => {
    errors.push(error);
    reject(error);
  };
  request.resolver(null, {} as never);
  await request.deferred;
  return errors;
}
const spellings = (made: MsgHdrsImpl) => {
  const spelled = jest.spyOn(String, 'fromCharCode');
  made.append('ce-id', 'some-id');
  return spelled.mock.calls.length;
};
const copies = (made: MsgHdrsImpl) => {
  const keys = jest.spyOn(made, 'keys');
  made.get('ce-id');
  return keys.mock.calls.length;
};
/** The subject by which a consumer with this configuration is created. */
async function subjectOf(config: object): Promise<string | undefined> {
  const request = jest.fn((_: string) => Promise.reject(new Error('no server')));
  const connection = { features: { get: () => ({ ok: true }) }, options: {}, request };
  const { consumers } = await jetstreamManager(connection as unknown as NatsConnection, { checkAPI: false });
  await consumers.add('LEADS', config).catch(() => undefined);
  return request.mock.lastCall?.[0];
}
const SEVERAL = { name: 'one', filter_subjects: ['leads.*.sent', 'leads.*.paused'] };

// In this order: until the patch is loaded the client is as it was installed.
describe('the installed NATS client needs the patch, or it is to be removed:', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('it copies all names to find one', () => expect(copies(new MsgHdrsImpl())).toBe(1));
  it('it spells each name that it appends', () => expect(spellings(new MsgHdrsImpl())).toBe(1));
  it('it allocates for each text that it encodes', () => expect(TE.encode('PUB')).not.toBeInstanceOf(Buffer));
  it('it creates a consumer with several filters without its name', async () =>
    expect(await subjectOf(SEVERAL)).toBe('$JS.API.CONSUMER.CREATE.LEADS'));
  it('it makes an error for each request that succeeds', async () => {
    const [[first], [second]] = [await errorsOfSuccess(), await errorsOfSuccess()];
    expect(first).toBeInstanceOf(Error);
    expect(first).not.toBe(second);
  });
});

describe('the patched NATS client', () => {
  beforeAll(() => import('./client-patch.ts'));
  afterEach(() => void jest.restoreAllMocks());

  const name = fc.oneof(fc.constantFrom('ce-id', 'Ce-Id', 'CE-ID', 'Nats-Msg-Id', ''), fc.string({ maxLength: 4 }));
  const text = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom(' a ', 'a\r\nb'));
  const match = fc.constantFrom(undefined, Match.Exact, Match.CanonicalMIME, Match.IgnoreCase);
  const step = fc.oneof(
    fc.tuple(fc.constantFrom('append' as const, 'set' as const), name, text, match),
    fc.tuple(fc.constantFrom('get' as const, 'last' as const, 'has' as const, 'values' as const), name, match),
    fc.tuple(fc.constantFrom('delete' as const), name, match),
  );
  const result = (headers: MsgHdrsImpl, [method, ...args]: [string, ...unknown[]]): unknown => {
    try {
      return (headers[method as 'get'] as (...args: unknown[]) => unknown)(...args);
    } catch (error) {
      return String(error);
    }
  };

  it('gives the same headers, results and errors as the installed one', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const [patched, own] = [new MsgHdrsImpl(), new OwnHeaders()];
        for (const one of steps) expect(result(patched, one)).toEqual(result(own, one));
        expect([...patched]).toEqual([...own]);
        expect(patched.toString()).toBe(own.toString());
      }),
    );
  });

  it('encodes a text as the installed one does', () => {
    const own = new TextEncoder();
    expect(TE.encode()).toHaveLength(0);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (some) => {
        expect([...TE.encode(some)]).toEqual([...own.encode(some)]);
      }),
    );
  });
  it('copies no names to find one', () => expect(copies(new MsgHdrsImpl())).toBe(0));
  it('spells no name that it appends', () => expect(spellings(new MsgHdrsImpl())).toBe(0));
  it.each([
    [SEVERAL, 'CREATE.LEADS.one'],
    [{ name: 'one', filter_subject: 'leads.*.sent' }, 'CREATE.LEADS.one.leads.*.sent'],
    [{ name: 'one' }, 'CREATE.LEADS.one'],
    [{ durable_name: 'two' }, 'CREATE.LEADS.two'],
    [{}, 'CREATE.LEADS'],
  ])('creates the consumer %j by %s', async (config, subject) =>
    expect(await subjectOf(config)).toBe(`$JS.API.CONSUMER.${subject}`),
  );
  it('makes no error for a request that succeeds', async () => {
    const [[first], [second]] = [await errorsOfSuccess(), await errorsOfSuccess()];
    expect(first).toBe(second);
  });

  it('rejects a request that fails with its own error', async () => {
    const [refused, cancelled] = [requested(), requested()];
    refused.resolver(new Error('no permission'), {} as never);
    cancelled.cancel(new Error('cannot be published'));
    await expect(refused.deferred).rejects.toThrow('no permission');
    await expect(cancelled.deferred).rejects.toThrow('cannot be published');
  });
});
