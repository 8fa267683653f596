import { Session } from 'node:inspector';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Logger } from 'pino';

const MIB = 2 ** 20;
/** At most one collection of 0.1 to 0.2 s in it. */
const EVERY_MS = 60_000;
/** CPU of a process at rest, as a share of one core; ten services in one without any lead take 0.01. */
const CPU_MAX = 0.02;
/** Above this share of the time a process with little CPU waits for a core: it works on a machine that has too few. */
const BUSY_MAX = 0.5;
/** The growth of the heap that is worth a collection. */
const GROWTH_MIN = 16 * MIB;

/**
 * Collects the garbage of a process that rests, since V8 does so only when an allocation needs the room: without work
 * a process would keep the garbage of its start, or of its last burst, for as long as it runs.
 */
export function collectAtRest(log: Logger, everyMs = EVERY_MS): NodeJS.Timeout {
  let since = performance.eventLoopUtilization();
  let cpuSince = process.cpuUsage();
  // The least since the last collection, which frees pages also after its end.
  let least = 0;
  return setInterval(() => {
    const { utilization, active, idle } = performance.eventLoopUtilization(since);
    const { user, system } = process.cpuUsage(cpuSince);
    [since, cpuSince] = [performance.eventLoopUtilization(), process.cpuUsage()];
    const isAtRest = (user + system) / 1_000 < CPU_MAX * (active + idle) && utilization < BUSY_MAX;
    const { total_heap_size: bytes } = getHeapStatistics();
    least = Math.min(least, bytes);
    if (!isAtRest || bytes < least + GROWTH_MIN) return;
    collect();
    least = Infinity;
    log.debug({ heapMiB: Math.round(bytes / MIB) }, 'collected at rest');
  }, everyMs).unref();
}

/** The one way that Node.js has without a flag; it also shrinks the young generation. */
function collect(): void {
  const session = new Session();
  session.connect();
  session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}
