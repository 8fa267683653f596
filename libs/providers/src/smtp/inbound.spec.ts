import { describe, expect, it } from '@jest/globals';
import { mailOf } from './inbound.ts';

const envelopeOf = (mail: string): unknown => JSON.parse(mailOf(Buffer.from(mail), false).fields['envelope'] ?? '');

describe('a mail of a mailbox', () => {
  it('has the envelope that its server wrote above it', () => {
    const head =
      'Return-Path: <a@b.example>\r\nX-Original-To: r+t@reply.example\r\nDelivered-To:\r\n <box@reply.example>\r\n';
    expect(
      envelopeOf(`${head}Return-Path: <eve@b.example>\r\nTo: x@y.example\r\n\r\nDelivered-To: z@y.example\r\n`),
    ).toEqual({
      to: ['r+t@reply.example', 'box@reply.example'],
      from: 'a@b.example',
    });
  });

  it.each([
    ['', { to: [] }],
    ['Return-Path: <>\n\nx', { to: [], from: '' }],
    ['Delivered-To: nobody\r\n\r\n', { to: [] }],
  ])('has what there is: %j', (mail, envelope) => {
    expect(envelopeOf(mail)).toEqual(envelope);
  });

  it('is kept as it is, and says that its end is missing', () => {
    const source = Buffer.from([0x53, 0x3a, 0xe9, 0x0d, 0x0a]);
    expect(mailOf(source, true)).toMatchObject({ cut: ['email'], mime: source.toString('base64') });
  });
});
