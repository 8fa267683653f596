import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type Obj = z.infer<typeof objectSchema>;

/** The objects that were applied, by `Kind/name`; each command of the stand-in for kubectl is a process of its own. */
export class Store {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  all(): Record<string, Obj> {
    try {
      return z.record(z.string(), objectSchema).parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
      throw error;
    }
  }

  get(id: string): Obj {
    const found = this.all()[id];
    if (!found) throw new Error(`Error from server (NotFound): ${id} not found`);
    return found;
  }

  put(objects: readonly unknown[]): Obj[] {
    const given = objects.map((each) => objectSchema.parse(each));
    const all = this.all();
    for (const each of given) all[`${each.kind}/${each.metadata.name}`] = each;
    writeFileSync(`${this.#path}.part`, JSON.stringify(all));
    renameSync(`${this.#path}.part`, this.#path);
    return given;
  }
}
