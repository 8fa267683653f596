import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/** The edits of a site in its copy of the example: users, certificates, and a provider that sends nothing. */
const place = process.argv[2] ?? '';
const settings = z.record(z.string(), z.string()).parse(JSON.parse(process.env['SITE'] ?? '{}'));
const isHelm = place.endsWith('.yaml');
const file = isHelm ? place : join(place, 'kustomization.yaml');
const given: unknown = parse(readFileSync(file, 'utf8'));
writeFileSync(file, stringify(isHelm ? values(given) : kustomization(given)));

function values(example: unknown): object {
  const { config, ...rest } = z.looseObject({ config: z.record(z.string(), z.string()) }).parse(example);
  return { ...rest, users: { enabled: true, certManager: { enabled: true } }, config: { ...config, ...settings } };
}

function kustomization(example: unknown): object {
  const found = z
    .looseObject({
      components: z.array(z.string()),
      configMapGenerator: z.tuple([z.looseObject({ literals: z.array(z.string()) })]),
    })
    .parse(example);
  found.components.push('../../components/users', '../../components/cert-manager');
  const [generator] = found.configMapGenerator;
  generator.literals = [
    ...generator.literals.filter((each) => !(each.slice(0, each.indexOf('=')) in settings)),
    ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
  ];
  return found;
}
