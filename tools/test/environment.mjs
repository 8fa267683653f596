import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { measuringCpu } from './cpu.ts';

// Of the worker (main.ts), which has read it; the processes that its suites start have their cache.
delete process.env.NODE_DISABLE_COMPILE_CACHE;

/**
 * The environment of a suite: the worker's own context, so that the packages which `runtime.mjs` loads once for a
 * worker share its globals, and `instanceof Error` holds for the errors of all. What a suite leaves in globals, the
 * environment and the listeners of the process is taken back after it, and so are its spies on packages.
 */
export default class {
  global = globalThis;
  fakeTimers = null;
  #conditions;
  #before = kept();
  #measured;

  constructor({ projectConfig }, { testPath } = {}) {
    this.#measured = measuringCpu(testPath);
    this.#conditions = projectConfig.testEnvironmentOptions.customExportConditions;
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
    this.moduleMocker.restoreAllMocks();
    takeBack(this.#before);
    this.#measured();
  }

  exportConditions() {
    return this.#conditions;
  }

  getVmContext() {
    return undefined;
  }
}

const kept = () => ({
  globals: Object.getOwnPropertyDescriptors(globalThis),
  /** Jest replaces both for each suite. */
  functions: { exit: process.exit, getBuiltinModule: process.getBuiltinModule },
  env: { ...process.env },
  listeners: new Map(process.eventNames().map((name) => [name, process.rawListeners(name)])),
});

function takeBack({ globals, functions, env, listeners }) {
  for (const key of Reflect.ownKeys(globalThis)) {
    if (!Object.hasOwn(globals, key)) Reflect.deleteProperty(globalThis, key);
    else if (globals[key].configurable) Object.defineProperty(globalThis, key, globals[key]);
  }
  Object.assign(process, functions, { exitCode: undefined });
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  for (const name of process.eventNames()) {
    for (const listener of process.rawListeners(name)) {
      if (!listeners.get(name)?.includes(listener)) process.removeListener(name, listener);
    }
  }
}
