import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/** The edits of a site in its copy of the example: users, certificates, and a provider that sends nothing. */
const file = join(process.argv[2] ?? '', 'kustomization.yaml');
const kustomization = z
  .looseObject({
    components: z.array(z.string()),
    configMapGenerator: z.tuple([z.looseObject({ literals: z.array(z.string()) })]),
  })
  .parse(parse(readFileSync(file, 'utf8')));
const settings = z.record(z.string(), z.string()).parse(JSON.parse(process.env['SITE'] ?? '{}'));
kustomization.components.push('../../components/users', '../../components/cert-manager');
const [generator] = kustomization.configMapGenerator;
generator.literals = [
  ...generator.literals.filter((each) => !(each.slice(0, each.indexOf('=')) in settings)),
  ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
];
writeFileSync(file, stringify(kustomization));
