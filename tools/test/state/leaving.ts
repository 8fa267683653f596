import { expect, it } from '@jest/globals';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import { Logger } from '@nestjs/common';
import { ProxyTracerProvider, trace } from '@opentelemetry/api';
import { z } from 'zod';

/** A suite that finds the packages as after their load, and leaves each with a state. */
export const leavesState = (): void => {
  it('zod’s registry', () => {
    expect(z.globalRegistry._idmap.has('left')).toBe(false);
    z.globalRegistry.add(z.string(), { id: 'left' });
  });
  it('the tracer of the process', () => {
    const provider = trace.getTracerProvider() as ProxyTracerProvider;
    expect(provider.getDelegate()).not.toBeInstanceOf(ProxyTracerProvider);
    trace.setGlobalTracerProvider(new ProxyTracerProvider());
  });
  it('a replaced method of the client of NATS', () => {
    const left = (): string[] => ['left'];
    expect(new MsgHdrsImpl().findKeys('any')).toEqual([]);
    MsgHdrsImpl.prototype.findKeys = left;
  });
  it('the logger of Nest', () => {
    expect(Logger.isLevelEnabled('error')).toBe(true);
    Logger.overrideLogger(false);
  });
};
