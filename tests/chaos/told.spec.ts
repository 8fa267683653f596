import { describe, expect, it } from '@jest/globals';
import { commandId } from '@leadstream/eventlog/ids';
import { enrolled, tagged, triaged } from '@leadstream/testing/builders';
import { LEAD_ID, recorded, type Past } from '@leadstream/testing/given';
import type { Order, Told } from './orders.ts';
import { toldFaults } from './told.ts';

const by = 'olga-1';
const id = commandId(LEAD_ID, 'k');
const paused: Past = { type: 'lead.paused', data: { by }, id };
const accepted = (version: number): Told => ({ as: 'accepted', version, id });
const refused = (version: number): Told => ({ as: 'refused', version, why: 'paused-already' });
const unknown: Told = { as: 'unknown' };
const faults = (past: Past[], told: Told[], over: Partial<Order> = {}): string[] =>
  toldFaults(recorded([triaged(), enrolled(), ...past]), [
    {
      leadId: LEAD_ID,
      key: 'k',
      atMs: 0,
      command: { kind: 'pause', by },
      isForVersion: false,
      isGivenTwice: false,
      told,
      ...over,
    },
  ]);

describe('a log agrees with what an operator was told', () => {
  it.each<[string, Past[], Told[]]>([
    ['an accepted command is there', [paused], [accepted(3)]],
    ['a command without an answer was asked again', [paused], [unknown, unknown, accepted(3)]],
    ['a refused command is not there', [], [unknown, refused(2)]],
    ['of two calls at once one came too early', [tagged(['vip']), paused], [refused(2), accepted(4)]],
  ])('%s', (_, past, told) => expect(faults(past, told)).toEqual([]));
});

describe('a log does not agree with what an operator was told', () => {
  it.each<[string, Past[], Told[], Partial<Order>?]>([
    ['pause k was accepted as event 3, and is not in the log', [], [accepted(3)]],
    ['pause k was accepted as event 3, and is 4', [tagged(['vip']), paused], [accepted(3)]],
    ['pause k was refused, and is event 3', [paused], [refused(2)]],
    ['pause k was refused at version 3, and is event 3', [paused], [accepted(3), refused(3)]],
    ['pause k got no answer', [], [unknown]],
    ['pause k is 2 events', [paused, paused], [accepted(3)]],
    ['pause k became lead.tagged', [{ ...tagged(['vip']), id }], [accepted(3)]],
    ['pause k was given for version 1, and is event 3', [paused], [accepted(3)], { expectVersion: 1 }],
    [
      '40, lead.paused, is of an operator, and has another key than the order',
      [paused, { ...paused, id: 'another' }],
      [accepted(3)],
    ],
  ])('%s', (wrong, past, told, over = {}) => expect(faults(past, told, over)).toEqual([wrong]));
});
