import type { Type } from '@nestjs/common';
import type { EventType } from '@leadstream/contracts/events';
import type { StreamName } from '@leadstream/contracts/streams';
import type { DestinationStream } from 'pino';
import type { Clock } from './clock.ts';
import type { ConfigSchema, EveryConfig } from './config.ts';
import type { HttpOptions } from './http.ts';
import type { NatsUser } from './rights/users.ts';

export interface Consumer<Config extends EveryConfig = EveryConfig> {
  stream: StreamName;
  durable: string;
  concurrency?: number;
  ackWaitMs?: number;
  /** False: with these settings the service has nothing to do, so that no consumer is created. */
  isNeeded?(config: Config): boolean;
  /** Types that earlier builds handled: an existing consumer still delivers them, and they are acknowledged. */
  former?: readonly EventType[];
}

export interface ServiceDefinition<Config extends EveryConfig = EveryConfig> {
  name: string;
  /** The user of its process in NATS: a new one needs its rights in `rights/`. */
  user: NatsUser;
  /** Composed of `every(port)` and the service's other fields. With MONGODB_URI in it, Db can be injected. */
  config: ConfigSchema<Config>;
  /** The service's Nest module: its controllers, and providers of its own. */
  module: Type;
  /** Streams that are created at start when missing. */
  streams: readonly StreamName[];
  consumer?: Consumer<Config>;
  /** Without this MongoDB is only a shortcut to the log: the service is ready without it. */
  mongoRequired?: boolean;
  /** Faults of the settings that the schema alone does not show; none starts the service. */
  faults?(config: Config): string[];
  http?(config: Config): HttpOptions;
}

/** Replacements by tests for real parts. */
export interface Overrides {
  clock?: Clock;
  logTo?: DestinationStream;
  /** Wraps each delivery, e.g. to deliver it twice. */
  deliver?: (handle: () => Promise<void>) => Promise<void>;
}
