import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { replaceInSource } from '@leadstream/testing/source-text';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');
const EVENTS = 'libs/contracts/src/events.ts';
const STATE = 'libs/lead/src/state.ts';

/**
 * Each closed vocabulary: a source text, the same text with one value more, and the files in which the compiler must
 * then report an error.
 */
const VOCABULARIES: Record<string, { file: string; text: string; wider: string; asks: string[] }> = {
  provider: {
    file: EVENTS,
    text: "espSchema = z.enum(['sendgrid'",
    wider: "espSchema = z.enum(['sendgrid', 'x'",
    asks: [
      'apps/inbound/src/config.ts',
      'apps/inbound/src/routes.ts',
      'apps/leadctl/src/doctor/provider.ts',
      'apps/leadctl/src/providers/named.ts',
      'apps/leadctl/src/session.ts',
      'apps/sandbox-esp/src/wires.ts',
      'apps/sender/src/config.ts',
      'libs/contracts/src/feedback.ts',
      'libs/providers/src/lookups.ts',
      'libs/providers/src/receivers.ts',
      'libs/providers/src/senders.ts',
      'libs/providers/src/suppressions.ts',
    ],
  },
  channel: {
    file: EVENTS,
    text: "stepChannelSchema = z.enum(['email'",
    wider: "stepChannelSchema = z.enum(['email', 'x'",
    asks: [
      'apps/sender/src/channels.ts',
      'libs/lead/src/state.ts',
      'libs/providers/src/port.ts',
      'libs/verify/src/texting.ts',
    ],
  },
  guard: {
    file: EVENTS,
    text: "guardSchema = z.enum(['erased'",
    wider: "guardSchema = z.enum(['x', 'erased'",
    asks: [
      'libs/lead/src/claim.ts',
      'libs/lead/src/guards.ts',
      'libs/sequences/src/explain-guards.ts',
      'libs/verify/src/course.ts',
    ],
  },
  'service without rights in NATS': {
    file: 'apps/ingest/src/ingest.module.ts',
    text: "user: 'ingest'",
    wider: "user: 'x'",
    asks: ['apps/ingest/src/ingest.module.ts'],
  },
  'lead status': {
    file: STATE,
    text: "STATUSES = ['new'",
    wider: "STATUSES = ['x', 'new'",
    asks: ['libs/lead/src/words.ts'],
  },
  stop: {
    file: STATE,
    text: "STOPS = ['responded'",
    wider: "STOPS = ['x', 'responded'",
    asks: ['libs/lead/src/recover.ts', STATE, 'libs/lead/src/words.ts'],
  },
  phase: {
    file: STATE,
    text: "| { kind: 'none' }",
    wider: "| { kind: 'none' } | { kind: 'x' }",
    asks: [
      'libs/lead/src/evolve.ts',
      'libs/lead/src/recover.ts',
      'libs/lead/src/run.ts',
      STATE,
      'libs/sequences/src/gap.ts',
      'libs/sequences/src/plan.ts',
    ],
  },
  'reason for nothing': {
    file: EVENTS,
    text: 'NOTHINGS = [',
    wider: "NOTHINGS = ['x',",
    asks: ['libs/lead/src/words.ts'],
  },
  'reply class': {
    file: EVENTS,
    text: ".enum(['human'",
    wider: ".enum(['x', 'human'",
    asks: ['libs/lead/src/evolve.ts', STATE, 'libs/verify/src/standing.ts'],
  },
  'feedback kind': {
    file: 'libs/lead/src/feedback.ts',
    text: "| { kind: 'delivered' }",
    wider: "| { kind: 'delivered' } | { kind: 'x' }",
    asks: ['libs/lead/src/feedback.ts'],
  },
  event: {
    file: EVENTS,
    text: "'lead.triaged': event('triaged'",
    wider: "'lead.x': event('x', 'x', 'x', z.object({})),\n  'lead.triaged': event('triaged'",
    asks: [
      'libs/contracts/src/exported.ts',
      'libs/contracts/src/personal.ts',
      'libs/lead/src/evolve.ts',
      'libs/lead/src/timeline.ts',
      'libs/sequences/src/triggers.ts',
      'libs/verify/src/claims.ts',
      'libs/verify/src/commands.ts',
      'libs/verify/src/course.ts',
      'libs/verify/src/permission.ts',
      'libs/verify/src/standing.ts',
    ],
  },
};

const FILES = [...new Set(Object.values(VOCABULARIES).flatMap(({ file, asks }) => [file, ...asks]))].sort();

/** The files that fail to compile after a text of `patched` is replaced. In memory; no other file is checked. */
function compiler(): (files: string[], patched?: { file: string; text: string; wider: string }) => string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
    { ...ts.sys, readDirectory: () => [] },
    ROOT,
  );
  const host = ts.createCompilerHost(options);
  const sources = new Map<string, ts.SourceFile | undefined>();
  let patch: { path: string; source: string } | undefined;
  const source: ts.CompilerHost['getSourceFile'] = (path, version) => {
    if (patch?.path === path) return ts.createSourceFile(path, patch.source, version);
    if (!sources.has(path)) sources.set(path, host.getSourceFile(path, version));
    return sources.get(path);
  };
  let program: ts.Program | undefined;
  return (files, patched) => {
    patch = patched && {
      path: join(ROOT, patched.file),
      source: replaceInSource(host.readFile(join(ROOT, patched.file)) ?? '', patched.text, patched.wider),
    };
    const next = ts.createProgram({
      rootNames: FILES.map((file) => join(ROOT, file)),
      options,
      host: { ...host, getSourceFile: source },
      oldProgram: program,
    });
    program = next;
    return files.filter((file) => next.getSemanticDiagnostics(next.getSourceFile(join(ROOT, file))).length > 0);
  };
}

describe('a closed vocabulary', () => {
  const faults = compiler();

  it('compiles without a change', () => expect(faults(FILES)).toEqual([]));

  it.each(Object.entries(VOCABULARIES))(
    '%s with one value more has the compiler ask for its consequences',
    (_, { asks, ...patched }) => {
      expect(faults(asks, patched)).toEqual(asks);
    },
  );
});
