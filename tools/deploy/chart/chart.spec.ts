import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { CHART, chartFiles } from './files.ts';
import { templatesOf } from './objects.ts';
import { templateOf } from './template.ts';

const root = `${import.meta.dirname}/../../..`;
const files = chartFiles(root);
const committed = (path: string) => readFileSync(join(root, CHART, path), 'utf8');

describe('the Helm chart', () => {
  it('is what k8s/ gives: npm run chart', () => {
    expect([...files].filter(([path, text]) => committed(path) !== text).map(([path]) => path)).toEqual([]);
    expect(readdirSync(join(root, CHART, 'templates/generated')).map((file) => `templates/generated/${file}`)).toEqual(
      [...files.keys()].filter((path) => path.startsWith('templates/generated/')).sort(),
    );
  });

  it('has each object of k8s/ once in each mode, without its Namespace', () => {
    const ids = templatesOf(join(root, 'k8s')).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('HTTPRoute/mails');
    expect(ids.filter((id) => id.startsWith('Namespace/'))).toEqual([]);
  });

  it('keeps what an object has where no value stands', () => {
    const object = { kind: 'ConfigMap', metadata: { name: 'x' }, data: { text: 'a {{ $labels.pod }} b' } };
    expect(templateOf('ConfigMap/x', object)).toContain('text: a {{ "{{" }} $labels.pod {{ "}}" }} b');
    const [plain] = parseAllDocuments(templateOf('ConfigMap/x', { ...object, data: { count: '1' } }));
    expect(plain?.toJS()).toEqual({ ...object, data: { count: '1' } });
  });

  it('refuses a value for a place that is not there', () => {
    expect(() => templateOf('CronJob/verify', { kind: 'CronJob', metadata: { name: 'verify' } })).toThrow(
      'nothing is at spec.schedule',
    );
  });
});
