import { describe, expect, it } from '@jest/globals';
import { commandBody } from '../../../src/bodies.ts';
import { KINDS } from '../../../src/kinds.ts';
import { bodyOf, COMMANDS, keyed, kinds } from './commands.ts';

const VALUES = {
  reason: ' is on the phone ',
  sequence: 'sales-demo',
  step: 'confirm',
  text: 'prefers to be called',
  rep: 'ben',
  tags: 'vip, customer',
  remove: 'vip',
  sendId: 'send-1',
  as: 'sent',
};

describe('a command of the page', () => {
  it.each(kinds)('%s has the body that the API takes', (kind) => {
    const body = bodyOf(kind, VALUES);
    expect(commandBody.parse(body)).toMatchObject({ kind });
  });

  it.each(kinds)('%s is bound to the state that was seen where the API asks for it', (kind) => {
    expect('seen' in COMMANDS[kind]).toBe(KINDS[kind].ifMatch);
  });

  it('has no reason when nobody gives one', () => {
    expect(bodyOf('pause', { reason: '  ' })).toEqual({ kind: 'pause' });
  });

  it('keeps its key for the same body, and has another one for another', () => {
    const keyOf = keyed();
    expect(keyOf({ kind: 'pause' })).toBe(keyOf({ kind: 'pause' }));
    expect(keyOf({ kind: 'pause' })).not.toBe(keyOf({ kind: 'resume' }));
  });
});
