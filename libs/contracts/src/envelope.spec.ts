import { describe, expect, it } from '@jest/globals';
import { ContractError, NewerEvent, parseIncoming, parseRecorded } from './envelope.ts';

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const head = (values: Record<string, string>) => ({ get: (name: string) => values[name] ?? '' });

describe('a CloudEvent from outside', () => {
  it('is read in binary mode', () => {
    const event = parseIncoming(
      head({ 'ce-id': '1', 'ce-type': 'lead.created', 'ce-source': 'crm' }),
      bytes({ email: 'a@b.c' }),
    );
    expect(event).toEqual({ id: '1', type: 'lead.created', source: 'crm', dataVersion: 1, data: { email: 'a@b.c' } });
  });

  it('is read in structured mode', () => {
    const event = parseIncoming(
      undefined,
      bytes({ specversion: '1.0', id: '1', type: 'lead.created', source: 'crm', data: { email: 'a@b.c' } }),
    );
    expect(event).toEqual({ id: '1', type: 'lead.created', source: 'crm', dataVersion: 1, data: { email: 'a@b.c' } });
  });

  it.each([
    ['not JSON', '{'],
    ['neither mode', { email: 'a@b.c' }],
  ])('is refused when it is %s', (_, body) => {
    expect(() => parseIncoming(undefined, bytes(body))).toThrow(ContractError);
  });

  it.each([
    ['2', 2],
    ['1', 1],
    ['', 1],
    ['1.0', 1],
    ['v2', 1],
    ['-2', 1],
    ['0', 1],
    ['99999999999999999999', 1],
  ])('has data version %s in the header: read as %s', (given, read) => {
    const named = head({ 'ce-id': '1', 'ce-type': 'lead.created', 'ce-source': 'crm', 'ce-dataversion': given });
    expect(parseIncoming(named, bytes({})).dataVersion).toBe(read);
  });

  it('has its data version in the body in structured mode', () => {
    const event = { specversion: '1.0', id: '1', type: 'lead.created', source: 'crm', dataversion: 3, data: {} };
    expect(parseIncoming(undefined, bytes(event)).dataVersion).toBe(3);
  });
});

describe('a message of the log', () => {
  const read =
    (token: string, values: Record<string, string>, data: unknown = { by: 'an operator' }) =>
    () =>
      parseRecorded({
        subject: `leads.a-lead.${token}`,
        seq: 7,
        data: bytes(data),
        headers: head({ 'ce-id': '1', 'lead-version': '2', 'lead-prev-seq': '3', ...values }),
      });

  it.each([
    ['of a type that this build does not know', 'scored', { 'ce-type': 'lead.scored' }],
    ['of a known type in a higher data version', 'paused', { 'ce-type': 'lead.paused', 'ce-dataversion': '2' }],
  ])('is of a newer build when it is %s, whatever its data', (_, token, values) => {
    expect(read(token, values, { newer: ['shape'] })).toThrow(NewerEvent);
  });

  it.each([
    ['that was replayed', 'paused', { 'ce-type': 'lead.paused', 'leadstream-replay': '7' }],
    ['without a type', 'paused', {}],
    ['whose type is not its token’s', 'paused', { 'ce-type': 'lead.resumed' }],
    ['of an unknown type on another token', 'paused', { 'ce-type': 'lead.scored' }],
    ['of an unknown type without a place in a chain', 'scored', { 'ce-type': 'lead.scored', 'lead-version': '' }],
  ])('is no event %s', (_, token, values) => {
    expect(read(token, values)).toThrow(ContractError);
    expect(read(token, values)).not.toThrow(NewerEvent);
  });

  it('of a version that this build reads is the event', () => {
    expect(read('paused', { 'ce-type': 'lead.paused', 'ce-dataversion': '1' })()).toMatchObject({
      type: 'lead.paused',
      version: 2,
      prevSeq: 3,
    });
  });
});
