import type { Mutant } from './mutant.ts';

const SPECS = ['libs/service/src/operations.int.spec.ts'];
const of =
  (file: string) =>
  (name: string, takeOut: string, putIn = ''): Mutant => ({
    name: `operations: ${name}`,
    file,
    takeOut,
    putIn,
    specs: SPECS,
  });
const ACCOUNT = of('libs/service/src/account.ts');
const STREAM = of('libs/eventlog/src/operations-stream.ts');

/** The simulation has no account's bucket: specs have to notice. */
export const accountMutants: readonly Mutant[] = [
  ACCOUNT('a change is forgotten whose writer died', 'await this.#tell(changeIn(was));'),
  STREAM('an event is stored by each who finds it', 'streamName: STREAM, lastSubjectSequence: 0', 'streamName: STREAM'),
  STREAM(
    'every account has the history of all',
    "if (!message?.subject.startsWith(operationSubject(account, ''))) continue;",
    'if (!message) continue;',
  ),
];
