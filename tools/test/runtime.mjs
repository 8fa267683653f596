import { createRequire } from 'node:module';
import { compileFunction, SyntheticModule } from 'node:vm';
import JestRuntime from 'jest-runtime';

/**
 * Jest's loader, in the one context of `environment.mjs`: the sources of this repository are loaded anew for each
 * suite, the packages of `node_modules` once for each worker, by Node's own loader. Jest alone loads both for each
 * suite, which takes up to two seconds of CPU.
 */

const require = createRequire(import.meta.url);
const IN_PACKAGES = '/node_modules/';
/** Each suite has its own `expect`, as Jest's own modules have. */
const OF_JEST = new Set(['@jest/globals', '@jest/expect', 'expect']);
const FROM_NODE = /^(node:|\.|\/|#|data:|file:)/;

/**
 * What a package keeps for the whole process: each returns how to take back what a suite has left there, so that the
 * next one finds the package as after its load.
 */
const STATES = {
  zod:
    ({ globalRegistry }) =>
    () =>
      void globalRegistry.clear(),
  '@opentelemetry/api':
    ({ context, propagation, trace }) =>
    () => {
      for (const api of [context, propagation, trace]) api.disable();
    },
  // Each started service gives Nest its own logger.
  '@nestjs/common': ({ Logger }) => {
    const kept = Object.getOwnPropertyDescriptors(Logger);
    return () => void Object.defineProperties(Logger, kept);
  },
  // `client-patch.ts` of the event log replaces methods of these.
  '@nats-io/nats-core/internal': ({ MsgHdrsImpl, RequestOne, TE }) => {
    const methods = methodsOf(MsgHdrsImpl, RequestOne);
    return () => {
      methods();
      delete TE.encode;
    };
  },
  '@nats-io/jetstream/internal': ({ BaseApiClientImpl }) => methodsOf(BaseApiClientImpl),
};

/** Returns how to put the classes' own methods back. */
function methodsOf(...classes) {
  const methods = classes.map(({ prototype }) => Object.getOwnPropertyDescriptors(prototype));
  return () => classes.forEach(({ prototype }, index) => Object.defineProperties(prototype, methods[index]));
}

/** @type {Map<string, () => void>} */
const takeBack = new Map();

/** @type {Map<string, SyntheticModule>} */
const packages = new Map();
/** @type {Map<string, Function>} */
const compiled = new Map();

/** What an ES module sees of a loaded package, as Node shows it: of CommonJS the keys, and the whole as `default`. */
function packageModule(specifier, path) {
  const known = packages.get(path);
  if (known) return known;
  const loaded = require(path);
  const state = STATES[specifier];
  if (state) takeBack.set(specifier, state(loaded));
  const isNamespace = loaded?.[Symbol.toStringTag] === 'Module';
  const keys = ['object', 'function'].includes(typeof loaded) ? Object.keys(loaded ?? {}) : [];
  const exported = isNamespace
    ? { ...loaded }
    : { ...Object.fromEntries(keys.map((key) => [key, loaded[key]])), default: loaded, 'module.exports': loaded };
  const made = new SyntheticModule(
    Object.keys(exported),
    () => {
      for (const [name, value] of Object.entries(exported)) made.setExport(name, value);
    },
    { identifier: path },
  );
  void made.evaluate();
  packages.set(path, made);
  return made;
}

export default class extends JestRuntime {
  constructor(...args) {
    super(...args);
    const { esmLoader, executor, _resolution: resolution } = this;
    const packagePath = (from, specifier) => {
      if (OF_JEST.has(specifier) || FROM_NODE.test(specifier) || resolution.isCoreModule(specifier)) return null;
      const path = resolution.resolveEsm(from, specifier);
      return path.includes(IN_PACKAGES) ? path : null;
    };

    const { resolveSpecifierForSyncGraph, resolveModule } = esmLoader;
    esmLoader.resolveSpecifierForSyncGraph = (from, specifier, context, scratch, ...rest) => {
      const path = packagePath(from, specifier);
      if (!path) return resolveSpecifierForSyncGraph.call(esmLoader, from, specifier, context, scratch, ...rest);
      const cacheKey = `package:${path}`;
      scratch.set(cacheKey, { cacheKey, kind: 'prelinked', module: packageModule(specifier, path) });
      return { cacheKey, enqueue: null, modulePath: path };
    };
    esmLoader.resolveModule = (specifier, from, context) => {
      const path = packagePath(from, specifier);
      return path ? packageModule(specifier, path) : resolveModule.call(esmLoader, specifier, from, context);
    };
    // Undefined is the main context.
    esmLoader.getContext = () => undefined;
    executor.compile = (source, filename) => {
      const known = compiled.get(filename);
      if (known) return known;
      const made = compileFunction(source, executor.injectedModuleParameters, {
        filename,
        importModuleDynamically: (specifier) => esmLoader.dynamicImportFromCjs(specifier, filename, undefined),
      });
      if (filename.includes(IN_PACKAGES)) compiled.set(filename, made);
      return made;
    };
  }

  requireModule(from, name, options, isActual) {
    if (options?.isInternalModule || (name && (OF_JEST.has(name) || this._resolution.isCoreModule(name))))
      return super.requireModule(from, name, options, isActual);
    const path = name ? this._resolution.resolveCjs(from, name) : from;
    return path.includes(IN_PACKAGES) ? require(path) : super.requireModule(from, name, options, isActual);
  }

  teardown() {
    super.teardown();
    for (const state of takeBack.values()) state();
  }
}
