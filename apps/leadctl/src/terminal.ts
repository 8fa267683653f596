import { AsyncLocalStorage } from 'node:async_hooks';
import { createInterface } from 'node:readline/promises';
import { buffer } from 'node:stream/consumers';
import { environment, type Environment } from '@leadstream/service/config';

/** The process's interfaces to a command: the real ones in `main.ts`, a test's own in a test. */
export interface Terminal {
  readonly env: Environment;
  /** True on a terminal, where progress is worth a line. */
  readonly isTTY: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard input to its end. */
  readonly input: () => Promise<Buffer>;
  /** The line that the operator types; undefined where no one is there to type. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** Calls the listener at the first Ctrl-C instead of ending the process. */
  readonly onInterrupt: (then: () => void) => void;
}

/** Ends the command at once; its output is complete. */
export class Exit extends Error {
  override readonly name = 'Exit';
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

interface Running {
  readonly terminal: Terminal;
  code: number;
}
/** The running command's terminal, by async context: a test may run several at once. */
const running = new AsyncLocalStorage<Running>();

async function askHere(question: string): Promise<string> {
  // No raw mode: Ctrl-C stays a signal.
  using lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  return await lines.question(question);
}

export const processTerminal: Terminal = {
  get env() {
    return environment();
  },
  get isTTY() {
    return process.stderr.isTTY;
  },
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  input: () => buffer(process.stdin),
  get ask() {
    return process.stdin.isTTY && process.stderr.isTTY ? askHere : undefined;
  },
  onInterrupt: (then) => void process.once('SIGINT', then),
};

export const terminal = (): Terminal => running.getStore()?.terminal ?? processTerminal;

/** The exit code of a command that ends normally. */
export function exitWith(code: number): void {
  const command = running.getStore();
  if (command) command.code = code;
}

/** Runs `work` at this terminal. Resolves to its exit code; an error is passed to the caller. */
export async function at(terminal: Terminal, work: () => Promise<unknown>): Promise<number> {
  const command: Running = { terminal, code: 0 };
  try {
    await running.run(command, work);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    return error.code;
  }
  return command.code;
}
