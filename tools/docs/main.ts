import { Command } from 'commander';
import { generate, outdated } from './documents.ts';

const program = new Command('docs:generate')
  .description(
    'Writes the documents that are made of the code: of libs/contracts docs/schemas/*.json, docs/asyncapi.yaml and docs/events.md, of the metrics docs/metrics.md.',
  )
  .option('--check', 'write nothing; exit 1 when what is there differs')
  .showHelpAfterError();
const { check } = program.parse().opts<{ check?: true }>();

const differ = await outdated();
if (!check) await generate();
for (const path of differ) console.log(`docs/${path} ${check ? 'differs from the code' : 'written'}`);
if (check && differ.length > 0) {
  console.error('Run `npm run docs:generate`, and look at the difference as another team would.');
  process.exitCode = 1;
}
