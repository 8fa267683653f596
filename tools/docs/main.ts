import { Command } from 'commander';
import { generate, outdated } from './documents.ts';

const program = new Command('docs:generate')
  .description(
    'Writes what the documents take from the code: docs/schemas/*.json, docs/asyncapi.yaml, docs/openapi/*.yaml, ' +
      'docs/events.md, docs/metrics.md, and the lists between <!-- generated: … --> and <!-- /generated --> in ' +
      'READMEs and docs.',
  )
  .option('--check', 'write nothing; exit 1 when what is there differs')
  .showHelpAfterError();
const { check } = program.parse().opts<{ check?: true }>();

const differ = await outdated();
if (!check) await generate();
for (const path of differ) console.log(`${path} ${check ? 'differs from the code' : 'written'}`);
if (check && differ.length > 0) {
  console.error('Run `npm run docs:generate`, and look at the difference as another team would.');
  process.exitCode = 1;
}
