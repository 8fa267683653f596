import { expect } from '@jest/globals';
import type { Decision, Draft, EventType, NothingCode, Recorded } from '@leadstream/contracts/events';
import { parseData } from '@leadstream/contracts/envelope';
import { evolve } from '@leadstream/lead/evolve';
import { initial, type LeadState } from '@leadstream/lead/state';

export const LEAD_ID = '0b0e7a5c-3f0e-8c2a-9a51-6a2f6a1d9e10';
/** A Monday, 10:00 in Berlin: inside business hours. */
export const MONDAY = '2026-11-23T09:00:00Z';

/** A past event, optionally with its own time or id. */
export type Past = Draft & { at?: string; id?: string };

/** The recorded form of the events: one a second from MONDAY on, chained, validated, frozen. */
export function recorded(past: Past[]): Recorded[] {
  return past.map(({ type, data, at, id }, index) =>
    freeze({
      type,
      data: parseData(type, data),
      id: id ?? `event-${index + 1}`,
      leadId: LEAD_ID,
      seq: (index + 1) * 10,
      version: index + 1,
      prevSeq: index * 10,
      at: at ?? Temporal.Instant.from(MONDAY).add({ seconds: index }).toString(),
      source: 'test',
    } as Recorded),
  );
}

export const fold = (events: readonly Recorded[], from: LeadState = initial): LeadState =>
  events.reduce((state, event) => freeze(evolve(state, event)), freeze(from));

/** `given(...past).when(decider).then(event)`: strict, ordered, on frozen state. */
export function given(...past: Past[]) {
  const state = fold(recorded(past));
  return {
    state,
    when: (decide: (state: LeadState) => Decision) => {
      const decision = freeze(decide(state));
      return {
        decision,
        then: (event: Draft) => {
          expect(decision).toEqual(event);
          if ('type' in decision) parseData(decision.type, decision.data);
        },
        thenEvent: <T extends EventType>(type: T, data: Record<string, unknown> = {}) => {
          expect(decision).toMatchObject({ type, data });
          if ('type' in decision) parseData(decision.type, decision.data);
        },
        thenNothing: (nothing: NothingCode, detail?: string, isFinal?: true) =>
          expect(decision).toEqual({ nothing, detail, isFinal }),
      };
    },
  };
}

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
