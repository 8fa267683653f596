import { Problem } from '@leadstream/service/problem';
import type { z } from 'zod';

export function queryOf<Schema extends z.ZodType>(schema: Schema, query: unknown): z.output<Schema> {
  const parsed = schema.safeParse(query);
  if (!parsed.success) throw Problem.invalid(parsed.error, 'query');
  return parsed.data;
}
