/**
 * Injection tokens of values without a class. The classes Broker, Health, Metrics, and JetStreamTransport and Db where
 * used, are their own.
 */
export const CONFIG = Symbol('config');
export const CLOCK = Symbol('clock');
export const LOGGER = Symbol('logger');
/** A Keyring, 'blind', or undefined: what a LeadLog opens personal fields with. */
export const KEYS = Symbol('keys');
/** An AbortSignal: the service is to stop. */
export const STOPPING = Symbol('stopping');
