import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');
/** The names themselves. */
const NAMES = 'libs/contracts/src/streams.ts';
const files = globSync(['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts', 'tools/**/*.ts'], { cwd: ROOT }).filter(
  (file) => !/\.spec\.ts$|\/testing\/|^tools\/test\//.test(file) && file !== NAMES,
);

/**
 * The files that name the log's stream or its subjects, since they are about all leads (ADR 38). Code that reads or
 * writes the events of one lead asks `logOf` for them, or `@leadstream/eventlog/lead-messages`; code that reads the log
 * from a place on asks `@leadstream/eventlog/log-stream`.
 */
const ABOUT_ALL = {
  'say LEADS for the log, which the files below resolve': [
    'apps/console/src/console.module.ts',
    'apps/console/src/health.controller.ts',
    'apps/crm/src/crm.module.ts',
    'apps/inbound/src/inbound.module.ts',
    'apps/projector/src/projector.module.ts',
    'apps/scheduler/src/scheduler.module.ts',
    'apps/sender/src/sender.module.ts',
    'apps/triage/src/triage.module.ts',
    'apps/watch/src/watch.module.ts',
    'libs/service/src/broker-figures.ts',
    'libs/service/src/rights/rights.ts',
  ],
  'make the stream, its consumers and the rights to both': [
    'libs/eventlog/src/handlers.ts',
    'libs/eventlog/src/partitions.ts',
    'libs/eventlog/src/provision.ts',
    'libs/eventlog/src/transport.ts',
    'libs/service/src/rights/subjects.ts',
    'libs/service/src/start.ts',
  ],
  'take one sequence for a place in the whole log': ['apps/leadctl/src/backup.ts', 'apps/leadctl/src/restore-load.ts'],
  'count, judge, simulate or document it': [
    'apps/leadctl/src/doctor/streams.ts',
    'apps/leadctl/src/erasure.ts',
    'apps/leadctl/src/status-judged.ts',
    'libs/sequences/src/simulator/shell.ts',
    'tools/docs/asyncapi.ts',
    'tools/docs/events-page.ts',
    'tools/docs/rights-table.ts',
    'tools/docs/triggers.ts',
    'tools/observability/cases.ts',
  ],
};

/** Whether a source names the stream or spells a subject of it; in a text for people it may. */
function namesLog(path: string, text: string): boolean {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): boolean => isName(node) || (ts.forEachChild(node, visit) ?? false);
  return visit(source);
}

function isName(node: ts.Node): boolean {
  if (ts.isIdentifier(node)) return node.text === 'leadSubject' || (node.text === 'LEADS' && isKey(node));
  const text = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) ? node.text : '';
  return text === 'LEADS' || text.startsWith('leads.');
}

const isKey = (node: ts.Identifier): boolean =>
  (ts.isPropertyAssignment(node.parent) || ts.isPropertySignature(node.parent)) && node.parent.name === node;

describe('the events of one lead', () => {
  it('are found by their lead: other files do not name their stream', () => {
    const found = files.filter((file) => namesLog(file, readFileSync(join(ROOT, file), 'utf8')));
    expect(found.sort()).toEqual(Object.values(ABOUT_ALL).flat().sort());
  });

  it.each([
    ["streams.getMessage('LEADS', { seq });", true],
    ["const needs = { LEADS: ['read'] };", true],
    ['const subject = `leads.${leadId}.sent`;', true],
    ["const only = { filter_subjects: 'leads.*.sent' };", true],
    ["const filter = leadSubject(leadId, '>');", true],
    ['throw new Error(`LEADS ${seq} is missing`);', false],
    ['const [LEADS] = this.leads.of(leadId); // LEADS', false],
  ])('%s: %s', (source, is) => {
    expect(namesLog('a.ts', source)).toBe(is);
  });
});
