import { fileURLToPath } from 'node:url';
import config from '../../jest.config.mjs';

const [unit] = config.projects;
const swc = unit.transform['^.+\\.ts$'];

/** The unit tests over a mutant: MUTANT_FILE has the text of MUTANT_SOURCE. */
export default {
  ...unit,
  cache: false,
  testTimeout: config.testTimeout,
  transform: { '^.+\\.ts$': [fileURLToPath(new URL('./mutating.mjs', import.meta.url)), swc[1]] },
};
