import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { pack } from './package.ts';

const program = new Command('contract:pack')
  .description('Builds @leadstream/contracts and packs it as other teams install it; prints the path of the tarball.')
  .argument('[folder]', 'the tarball’s folder', '.')
  .showHelpAfterError();
const [folder = '.'] = program.parse().processedArgs as [string];

execFileSync('npx', ['nx', 'run-many', '-t', 'build', 'types', '-p', '@leadstream/contracts'], { stdio: 'ignore' });
console.log(await pack(resolve(folder)));
