import { createContext, createElement, useContext, type ReactNode } from 'react';
import type { Me as Caller } from '../../src/schemas.ts';

const Context = createContext<Caller | undefined>(undefined);

export const Me = ({ value, children }: { value: Caller; children: ReactNode }) =>
  createElement(Context.Provider, { value }, children);

/** The signed-in caller. */
export function useMe(): Caller {
  const me = useContext(Context);
  if (!me) throw new TypeError('outside of a session');
  return me;
}

export const useMay = (right: Caller['may'][number]): boolean => useMe().may.includes(right);
