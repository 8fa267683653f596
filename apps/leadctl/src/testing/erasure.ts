import type { Broker } from '@leadstream/eventlog/broker';

/** A process that is killed, or has something happen to it, at one of its writes to NATS. */
export interface Moment {
  /** Of the writes, from 0. */
  at: number;
  /** Before the server has it, or after. */
  isWritten: boolean;
  happens: () => Promise<void>;
}

/** The broker, where `happens` at one write. `reached` says whether there were so many. */
export function disturbed(broker: Broker, moment: Moment): { broker: Broker; reached: () => boolean } {
  const { at, isWritten, happens } = moment;
  let writes = 0;
  const disturb =
    <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      const isNow = writes++ === at;
      if (isNow && !isWritten) await happens();
      const result = await write(...args);
      if (isNow && isWritten) await happens();
      return result;
    };
  const js = () => over(broker.js(), { publish: disturb(broker.js().publish.bind(broker.js())) });
  const jsm = async () => {
    const manager = await broker.jsm();
    const deleteMessage = disturb(manager.streams.deleteMessage.bind(manager.streams));
    return over(manager, { streams: over(manager.streams, { deleteMessage }) });
  };
  return { broker: over(broker, { js, jsm }), reached: () => writes > at };
}

/** The same object but for some of its members. */
function over<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(name in members ? members : target, name);
      if (typeof value !== 'function') return value;
      const bound: unknown = value.bind(target);
      return bound;
    },
  });
}
