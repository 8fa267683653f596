import { ran } from '../chart/tools.ts';

export interface Answer {
  out: string;
  /** The refusals and the API server's warnings, a line each. */
  problems: string[];
}

export type Program = (...args: string[]) => Promise<Answer>;

/** kubectl's prefix, and helm's two. */
const WARNING = /^Warning: (?!resource \S+ is missing the kubectl)|^W\d{4} .*warnings\.go|^level=WARN/;

/** kubectl or helm at one API server. */
export const at =
  (kubeconfig: string, program: string): Program =>
  async (...args) => {
    const { ok, out, err } = await ran(program, ['--kubeconfig', kubeconfig, ...args]);
    const lines = (ok ? err : out).split('\n').filter(Boolean);
    return { out, problems: ok ? lines.filter((line) => WARNING.test(line)) : lines };
  };
