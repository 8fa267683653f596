import { describe, expect, it } from '@jest/globals';
import { claimId, commandId, eventId } from './ids.ts';

describe('the id of an event', () => {
  const cause = { stream: 'LEADS', seq: 7 };

  it('is the same for the same cause and name, for ever', () => {
    expect(eventId(cause, 'sent')).toBe(eventId({ ...cause }, 'sent'));
    expect(eventId(cause, 'sent')).toBe('a0322fca-a7e8-5d07-8037-4b5a585149c7');
  });

  it('differs by stream, sequence, part and name', () => {
    const ids = [
      eventId(cause, 'sent'),
      eventId({ ...cause, stream: 'INTAKE' }, 'sent'),
      eventId({ ...cause, seq: 8 }, 'sent'),
      eventId({ ...cause, index: 0 }, 'sent'),
      eventId({ ...cause, index: 1 }, 'sent'),
      eventId(cause, 'send-failed'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is a UUID, version 5', () => {
    expect(eventId(cause, 'sent')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('of a command is one a lead and key, and never that of a message', () => {
    expect(commandId('lead-1', 'k')).toBe(commandId('lead-1', 'k'));
    const ids = [commandId('lead-1', 'k'), commandId('lead-2', 'k'), commandId('lead-1', 'l'), eventId(cause, 'k')];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('of a claim is always new', () => {
    expect(claimId()).not.toBe(claimId());
  });
});
