import { ConfigError, isSecret, loadConfig } from '@leadstream/service/config';
import { config as console } from '@leadstream/console/config';
import { config as crm } from '@leadstream/crm/config';
import { config as inbound } from '@leadstream/inbound/config';
import { config as ingest } from '@leadstream/ingest/config';
import { config as projector } from '@leadstream/projector/config';
import { config as scheduler } from '@leadstream/scheduler/config';
import { config as sender } from '@leadstream/sender/config';
import { config as triage } from '@leadstream/triage/config';
import { config as watch } from '@leadstream/watch/config';
import { config as webhooks } from '@leadstream/webhooks/config';
import { z } from 'zod';

export const schemas = { ingest, triage, scheduler, sender, inbound, projector, webhooks, crm, watch, console };
export type App = keyof typeof schemas;
export const apps = Object.keys(schemas) as App[];
export const isApp = (name: string): name is App => name in schemas;

/** The services, and the process that runs all of them. */
const processes = {
  ...schemas,
  all: z.object({
    // First: what it reads for show alone, others require.
    ...console.shape,
    ...ingest.shape,
    ...triage.shape,
    ...scheduler.shape,
    ...sender.shape,
    ...inbound.shape,
    ...projector.shape,
    ...webhooks.shape,
    ...crm.shape,
    ...watch.shape,
  }),
};
export type Process = keyof typeof processes;
export const isProcess = (name: string): name is Process => name in processes;

export interface Given {
  /** Undefined: from a Secret outside the repository. */
  value: string | undefined;
  secret: boolean;
}
export type Environment = ReadonlyMap<string, Given>;

/** The service's own errors about this environment, and variables that it does not read. */
export function environmentProblems(app: Process, env: Environment): string[] {
  const { shape } = processes[app];
  const problems = [...env].flatMap(([name, { value, secret }]) => {
    const field: z.core.$ZodType | undefined = shape[name as keyof typeof shape];
    if (!field) return name.startsWith('OTEL_') ? [] : [`${app}: ${name} is not in its schema`];
    return !secret && (isSecret(field) || /\/\/[^/@]*:[^/@]*@/.test(value ?? ''))
      ? [`${app}: ${name} is a secret and given in the open`]
      : [];
  });
  try {
    loadConfig<unknown>(processes[app], valuesOf(env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const elsewhere = new Set([...env].filter(([, { value }]) => value === undefined).map(([name]) => name));
    problems.push(
      ...error.problems
        .filter((problem) => !elsewhere.has(problem.slice(0, problem.indexOf(':'))))
        .map((problem) => `${app}: ${problem}`),
    );
  }
  return problems;
}

export const portOf = (app: Process, env: Environment): number =>
  processes[app].shape.PORT.parse(env.get('PORT')?.value);

const valuesOf = (env: Environment): Record<string, string | undefined> =>
  Object.fromEntries([...env].map(([name, { value }]) => [name, value]));

/** zod's issues, each with its location. */
export const issuesOf = (where: string, error: z.ZodError | undefined): string[] =>
  (error?.issues ?? []).map(({ path, message }) => `${where}: ${path.join('.')}: ${message}`);
