import { replaceInSource } from '@leadstream/testing/source-text';

/** One guard, expectation or dedupe removed from the source text: the simulation has to notice. */
export interface Mutant {
  name: string;
  /** From the repository's root. */
  file: string;
  takeOut: string;
  putIn: string;
  /** The reason why no run notices the guard's absence: another one comes first, or only a spec has its case. */
  behind?: string;
  /** Only runs with a restore find it. */
  restores?: true;
  /** The model lacks what it is about: only runs of the services find it. */
  services?: true;
  /** Paths of the specs that find it, in place of runs: a run has few of the mails that people and programs write. */
  specs?: readonly string[];
  /** A regular expression over the titles of those tests; default: all of the specs. */
  titles?: string;
}

/** Throws unless the mutant's text occurs exactly once in the file. */
export function mutated(source: string, { name, takeOut, putIn }: Mutant): string {
  try {
    return replaceInSource(source, takeOut, putIn);
  } catch (cause) {
    throw new Error(`mutant "${name}" does not fit its file`, { cause });
  }
}
