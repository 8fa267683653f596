import { execFileSync } from 'node:child_process';
import { pack } from '../../tools/contract/package.ts';
import { compares, described } from './described.ts';
import { installs } from './installs.ts';
import { emptyFolder } from './workspace.ts';

/** `npm run test:contract`: the contract as other teams get it, outside of the workspace. One line a proof. */
execFileSync('npx', ['nx', 'run-many', '-t', 'build', 'types', '-p', '@leadstream/contracts'], { stdio: 'ignore' });
await using folder = await emptyFolder();
const tarball = await pack(folder.path);
console.log(await installs(tarball));
console.log(await compares());
console.log(await described());
