/**
 * Injection tokens of values without a class. The classes Broker, Health, Metrics, and JetStreamTransport and Db where
 * used, are their own.
 */
export const CONFIG = Symbol('config');
export const CLOCK = Symbol('clock');
export const LOGGER = Symbol('logger');
/** The value that a LeadLog opens personal fields with: a Keyring, 'blind', or undefined. */
export const KEYS = Symbol('keys');
/** An AbortSignal that aborts when the service is to stop. */
export const STOPPING = Symbol('stopping');
