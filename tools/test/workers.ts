/** More than two cores: a suite waits for two thirds of its time, for servers and for the time that something takes. */
const WORKERS_MAX = 6;
/** Of a worker after many suites, 1 GB and more, and of the servers, processes or browser of one of them. */
const WORKER_BYTES = 2 * 1024 ** 3;

/** As many workers as the memory of the machine, or of its container, has room for. */
export const workersFor = (bytes: number): number =>
  Math.max(1, Math.min(WORKERS_MAX, Math.floor(bytes / WORKER_BYTES)));
