import { fileURLToPath } from 'node:url';
import config from '../../jest.config.mjs';

const [unit, integration] = config.projects;
// The servers of integration tests take a second to start.
const project = process.argv.some((arg) => arg.endsWith('.int.spec.ts')) ? integration : unit;
const swc = unit.transform['^.+\\.ts$'];

/** The tests over a mutant: MUTANT_FILE has the text of MUTANT_SOURCE. */
export default {
  ...project,
  cache: false,
  testTimeout: config.testTimeout,
  transform: { '^.+\\.ts$': [fileURLToPath(new URL('./mutating.mjs', import.meta.url)), swc[1]] },
};
