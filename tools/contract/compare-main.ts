import { relative } from 'node:path';
import { Command } from 'commander';
import { breaks } from './compare.ts';
import { compared, current, release, released } from './released.ts';

const program = new Command('contract:compare')
  .description(
    'Compares docs/schemas, docs/asyncapi.yaml and docs/openapi with those of the last release ' +
      '(libs/contracts/released): exit 1 for a change that breaks a program written for it.',
  )
  .option('--release', 'keep what is there now as the release, at the end of which it is committed')
  .showHelpAfterError();
const { release: isRelease } = program.parse().opts<{ release?: true }>();

const now = await current();
const before = await released();
if (isRelease) console.log(`${relative(process.cwd(), await release(now))} written`);
else if (!before) console.log('no release to compare with');
else {
  const found = breaks(before, compared(now));
  for (const line of found) console.error(line);
  if (found.length > 0) {
    console.error(`${found.length} changes break what ${before.version} promised: add a version beside it.`);
    process.exitCode = 1;
  } else console.log(`nothing breaks what ${before.version} promised`);
}
