import type { Command } from 'commander';
import { parseFolder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { faultsOf, problemLine, type Problem } from '@leadstream/sequences/read-yaml';
import { parseCases } from '@leadstream/sequences/simulator/cases';
import { runCase, type CaseSettings } from '@leadstream/sequences/simulator/run-case';
import { readFolder } from '@leadstream/service/sequence-store';
import { ending } from './help.ts';
import { planningSettings, print, reenrolAfterMsOf, settings } from './session.ts';
import { exitWith } from './terminal.ts';

interface Result {
  file: string;
  line: number;
  it: string;
  differences: string[];
}

const CASE = `
A case, in sequences/content-nurture/answers.spec.yaml:
  - it: stops when the lead replies
    lead: { email: ada@example.com, timeZone: Europe/Berlin, leadData: { source: whitepaper } }
    at: 2026-12-07T09:00:00Z
    then:
      - { after: first, wait: PT2H, does: replies }
    expect:
      - { step: first, to: lead, at: 2026-12-07 10:03 }
      - { step: reply-notice/tell-rep, to: rep, at: 2026-12-07 12:03 }`;

export function testCommand(sequences: Command, folder: () => string): void {
  sequences
    .command('test [dir]')
    .description(
      'run the cases in <id>/*.spec.yaml and tags.spec.yaml: the mails and tags of a lead, by the services’ rules on ' +
        'a virtual clock. It needs no running service',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending('leadctl sequences test sequences', { 0: 'all hold', 1: 'a case differs, or a file has a problem' }),
    )
    .addHelpText('after', CASE)
    .action(async (dir: string | undefined, { json }: { json?: boolean }) => {
      const { results, problems } = tested(await readFolder(dir ?? folder()));
      if (json) print({ cases: results, problems });
      else print(lines(results, problems).join('\n'));
      if (problems.length > 0 || results.some(({ differences }) => differences.length > 0)) exitWith(1);
    });
}

/** Without a run when a file has a problem: the mails of such a folder mean nothing. */
function tested(files: Record<string, string>): { results: Result[]; problems: Problem[] } {
  const folder = parseFolder(files);
  const { cases, problems: unread } = parseCases(files);
  const problems = [...faultsOf(lint(folder)), ...unread];
  if (problems.length > 0) return { results: [], problems };
  const given = caseSettings();
  const results = cases.map((placed) => ({
    file: placed.file,
    line: placed.line,
    it: placed.case.it,
    differences: runCase(placed, folder, given),
  }));
  return { results, problems };
}

/** The deployment's settings that decide about mails, with defaults for a folder without a deployment. */
export function caseSettings(): CaseSettings {
  const env = settings();
  return {
    hours: planningSettings().hours,
    reenrolAfterMs: reenrolAfterMsOf(),
    defaultRegion: env['DEFAULT_REGION'] ?? 'US',
    defaultTimeZone: env['DEFAULT_TIME_ZONE'] ?? 'UTC',
    mails: { bookingUrl: env['BOOKING_URL'], fromName: env['FROM_NAME'] ?? 'Sam of Acme', names: 'always' },
  };
}

function lines(results: readonly Result[], problems: readonly Problem[]): string[] {
  if (problems.length > 0) return problems.map(problemLine);
  if (results.length === 0) return ['no cases'];
  const failed = results.filter(({ differences }) => differences.length > 0);
  return [
    ...failed.flatMap(({ file, line, it, differences }) => [
      `${file}:${line}: ${it}`,
      ...differences.map((difference) => `  ${difference}`),
    ]),
    `${results.length - failed.length} of ${results.length} cases hold`,
  ];
}
