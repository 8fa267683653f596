import { describe, expect, it } from '@jest/globals';
import { parsed } from './stream.ts';

const event = {
  seq: 7,
  id: 'e',
  type: 'lead.sent',
  leadId: 'l',
  version: 3,
  at: '2026-11-29T12:00:00Z',
  source: 'sender',
};
const text = `retry: 2000\n\nid: 7\ndata: ${JSON.stringify(event)}\n\n:\n\nevent: gap\ndata: {"after":7,"upTo":9}\n\n`;

describe('the stream of events', () => {
  it.each([1, 5, text.length])('is read in pieces of %d characters', (size) => {
    const heard = [];
    let waiting = '';
    for (let at = 0; at < text.length; at += size) {
      const read = parsed(waiting + text.slice(at, at + size));
      heard.push(...read.heard);
      waiting = read.rest;
    }
    expect(heard).toEqual([
      { kind: 'event', event },
      { kind: 'gap', after: 7, upTo: 9 },
    ]);
    expect(waiting).toBe('');
  });
});
