import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { from, notesOf, otherVersions } from './versions.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = from(ROOT);

const workflowSchema = z.looseObject({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.looseObject({
      permissions: z.record(z.string(), z.enum(['read', 'write'])),
      'timeout-minutes': z.number(),
      steps: z.array(
        z.looseObject({
          uses: z.string().optional(),
          run: z.string().optional(),
          with: z.looseObject({ 'persist-credentials': z.boolean().optional() }).optional(),
        }),
      ),
    }),
  ),
});
const workflows = globSync('.github/workflows/*.yaml', { cwd: ROOT }).map((path) => ({
  path,
  text: read(path),
  workflow: workflowSchema.parse(parse(read(path))),
}));

describe.each(workflows)('workflow $path', ({ text, workflow }) => {
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it('gives no permission to all jobs', () => {
    expect(workflow.permissions).toEqual({});
  });

  it('takes actions by digest, with their version beside it', () => {
    expect(steps.filter(({ uses }) => uses).length).toBeGreaterThan(0);
    for (const line of text.split('\n').filter((each) => each.includes('uses:')))
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('leaves no credentials of a checkout in the folder', () => {
    for (const { uses, with: given } of steps.filter((step) => step.uses?.startsWith('actions/checkout@')))
      expect([uses, given?.['persist-credentials']]).toEqual([uses, false]);
  });

  it('runs commands of this repository alone, and none with a text from outside', () => {
    for (const { run } of steps.filter((step) => step.run !== undefined)) {
      expect(run).toMatch(
        /^(npm ci|npm run "\$PROOF"|bash \.ci\/\w+( \w+)?|node tools\/release\/main\.ts "\$GITHUB_REF_NAME")$/,
      );
      const [, file] = /(\.ci\/\w+|tools\/\S+\.ts)/.exec(run ?? '') ?? [];
      if (file) expect(readFileSync(join(ROOT, file), 'utf8')).not.toBe('');
    }
  });

  it('is not started by a stranger’s pull request with our permissions', () => {
    expect(text).not.toContain('pull_request_target');
  });
});

describe('a release', () => {
  it('has one version, in each place that names it', () => {
    const { version } = z.looseObject({ version: z.string() }).parse(JSON.parse(read('package.json')));
    expect(otherVersions(`v${version}`, read)).toEqual([]);
    expect(otherVersions('v99.0.0', read)).toHaveLength(4);
  });

  it.each([
    [
      'the section of its version',
      '## [2.0.0] - 2026-01-02\n\n### Added\n\n- a\n\n## [1.0.0]\n\n- b\n',
      '### Added\n\n- a',
    ],
    ['no other section', '## [2.0.1]\n\n- a\n', undefined],
    ['no empty section', '## [2.0.0] - 2026-01-02\n\n## [1.0.0]\n\n- b\n', undefined],
  ])('has for notes %s', (_, changelog, notes) => {
    expect(notesOf('v2.0.0', changelog)).toBe(notes);
  });
});
