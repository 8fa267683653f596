import { describe, expect, it } from '@jest/globals';
import { errors } from '@nats-io/transport-node';
import { NewerEvent } from '@leadstream/contracts/envelope';
import { withoutCredentials } from './broker.ts';
import { describeError, Poison, Retry, Unavailable } from './errors.ts';
import { exitOf, Failures, nakDelayMs } from './exits.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('an error of a handler', () => {
  it.each([
    [new Poison('no'), 'poison'],
    [new Retry('later', 1_000), 'retry'],
    [new Unavailable('MongoDB is away'), 'unavailable'],
    [new NewerEvent('lead.scored', 1, 0), 'newer'],
    [new errors.TimeoutError(), 'unavailable'],
    [new Error('who knows'), 'failed'],
    ['a string', 'failed'],
  ])('decides the exit: %s is %s', (error, exit) => expect(exitOf(error)).toBe(exit));

  it('is counted per message, and from the start again after a success', () => {
    const failures = new Failures(3);
    const [one, another] = [
      { seq: 1, info: { stream: 'LEADS-0of2' } },
      { seq: 1, info: { stream: 'LEADS-1of2' } },
    ];
    expect([failures.add(one), failures.add(another), failures.add(one), failures.add(one)]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    failures.clear(one);
    expect(failures.add(one)).toBe(false);
  });

  it('has its message redelivered never at once, and never later than 30 s', () => {
    for (const deliveries of [1, 2, 5, 20, 10_000]) {
      for (let draw = 0; draw < 200; draw++) {
        const ms = nakDelayMs(deliveries);
        expect(ms).toBeGreaterThanOrEqual(250);
        expect(ms).toBeLessThanOrEqual(30_000);
      }
    }
  });

  it('is logged without the addresses that a driver quotes', () => {
    const error = Object.assign(new Error('E11000 duplicate key { email: "Jane.Doe@example.com" }'), { code: 11000 });
    expect(describeError(error)).toEqual({
      name: 'Error',
      code: '11000',
      message: 'E11000 duplicate key { email: "<address>" }',
    });
  });

  it.each([
    '{"name":"Jane Doe","phone" "+4930123456"}',
    'Jane "Doe" lives here',
    '[{"name":"Jane Doe"},}]',
    '"Jane Doe',
    '{"a":"Jane Doe"} Jane',
  ])('is logged without the text that was no JSON: %s', (text) => {
    const error = new Error('it cannot be read', { cause: thrownBy(() => JSON.parse(text)) });
    expect(JSON.stringify(describeError(error))).not.toMatch(/Jane|Doe|4930/);
    expect(describeError(error).cause).toMatchObject({ name: 'SyntaxError', message: expect.stringMatching(/JSON/) });
  });

  it('is logged whatever its length', () => {
    const long = 'a'.repeat(131_072);
    expect(describeError(new Error(`${long} jane@example.com`)).message).toBe('a'.repeat(500));
  });
});

describe('a URL that is shown', () => {
  it.each([
    ['nats://u:p@ss@127.0.0.1:1', 'nats://127.0.0.1:1'],
    ['nats://a:b@one:4222,nats://c:d@two:4222', 'nats://one:4222,nats://two:4222'],
    ['connect mongodb://u:p@db/leadstream failed', 'connect mongodb://db/leadstream failed'],
    ['nats://127.0.0.1:4222', 'nats://127.0.0.1:4222'],
  ])('has no credentials: %s', (text, shown) => {
    expect(withoutCredentials(text)).toBe(shown);
  });
});
