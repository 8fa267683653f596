import { describe, expect, it } from '@jest/globals';
import { spansOf } from './collector.ts';

/** A field with a length of up to 16,383 bytes, in protobuf. */
const field = (number: number, ...bodies: Buffer[]): Buffer => {
  const body = Buffer.concat(bodies);
  const { length } = body;
  return Buffer.from([(number << 3) | 2, ...(length < 128 ? [length] : [(length & 127) | 128, length >> 7]), ...body]);
};
const span = field(2, Buffer.alloc(200, 'x'));
/** Its scope, then so many spans. */
const scope = (count: number): Buffer =>
  field(2, field(1, Buffer.from('scope')), ...Array.from({ length: count }, () => span));
const resource = (...scopes: number[]): Buffer => field(1, field(1, Buffer.from('resource')), ...scopes.map(scope));

describe('the spans of a request of OTLP', () => {
  it('are counted over all its scopes and resources', () => {
    expect(spansOf(Buffer.concat([]))).toBe(0);
    expect(spansOf(resource(0))).toBe(0);
    expect(spansOf(Buffer.concat([resource(1, 30), resource(2)]))).toBe(33);
  });
});
