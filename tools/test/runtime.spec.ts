import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

it('takes back what a suite has left in a package before the worker’s next suite', async () => {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const options = ['--config', 'tools/test/state/jest.config.mjs', '--maxWorkers=1', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [...jest, ...options]);
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTestSuites: 2, numPassedTests: 8, numFailedTests: 0 });
});
