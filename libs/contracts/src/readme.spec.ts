import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseIncoming } from './envelope.ts';
import { LEAD_CREATED, leadCreated } from './lead-created.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const commands = [...readme.matchAll(/^nats pub [^']*'[^']*'/gm)].map(([command]) => command);

/** A command's message, as the broker would have it. */
function messageOf(command: string) {
  const head = new Map([...command.matchAll(/-H ([^\s:]+):(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
  return {
    headers: { get: (name: string) => head.get(name) ?? '' },
    body: new TextEncoder().encode(/'([^']*)'/.exec(command)?.[1]),
  };
}

describe('the README', () => {
  it('shows both modes', () => {
    expect(commands.map((command) => messageOf(command).headers.get('ce-type'))).toEqual([LEAD_CREATED, '']);
  });

  it.each(commands)('shows a command that publishes a lead: %s', (command) => {
    const { headers, body } = messageOf(command);
    const event = parseIncoming(headers, body);
    expect(event.type).toBe(LEAD_CREATED);
    expect(leadCreated.safeParse(event.data).error).toBeUndefined();
    expect(headers.get('Nats-Msg-Id')).toBe(`${event.source}/${event.id}`);
  });
});
