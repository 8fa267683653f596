import { z } from 'zod';
import { canaryDomain, field, secret, type EveryConfig } from '../config.ts';

/** Settings of the canary, for the watch and leadctl. */
export const canary = {
  ...canaryDomain,
  CANARY_MAILBOX: z
    .enum(['sandbox'])
    .optional()
    .describe(
      'How the canary sees and answers its mails; unset: there is no canary. `sandbox`: by the sandbox provider',
    ),
  CANARY_INGEST_URL: z.url().optional().describe('The public address of ingest, to which `/v1/leads` is added'),
  CANARY_API_KEY: secret(field.key)
    .optional()
    .describe('A key of `INGEST_API_KEYS` that only the canary has; unset: ingest asks for none'),
  CANARY_SANDBOX_URL: z.url().optional().describe('With `CANARY_MAILBOX=sandbox` required: the address of the sandbox'),
  CANARY_EVERY: field.duration.default(Temporal.Duration.from('PT1H')).describe('ISO 8601: interval of the two leads'),
  CANARY_PATIENCE: field.duration
    .default(Temporal.Duration.from('PT5M'))
    .describe('ISO 8601: from one stage to the next; an answer has to stop the lead within a fifth of it'),
};
export type CanaryConfig = z.output<z.ZodObject<typeof canary>>;

const REQUIRED = ['CANARY_DOMAIN', 'CANARY_INGEST_URL', 'CANARY_SANDBOX_URL'] as const;

/** Settings that the canary lacks. */
export const canaryFaults = (config: CanaryConfig & Partial<EveryConfig>): string[] =>
  config.CANARY_MAILBOX === undefined
    ? []
    : REQUIRED.flatMap((name) =>
        config[name] === undefined ? [`${name}: is required by CANARY_MAILBOX=${config.CANARY_MAILBOX ?? ''}`] : [],
      );

/** An answer stops the lead within 60 s where a stage may take five minutes. */
const STOP_SHARE = 5;

/** The settings as the canary uses them; undefined: there is none. */
export function canarySettings(config: CanaryConfig) {
  const { CANARY_DOMAIN: domain, CANARY_INGEST_URL: ingest, CANARY_SANDBOX_URL: sandbox } = config;
  if (config.CANARY_MAILBOX === undefined || !domain || !ingest || !sandbox) return undefined;
  const patienceMs = config.CANARY_PATIENCE.total('millisecond');
  return {
    timetable: { everyMs: config.CANARY_EVERY.total('millisecond'), domain, key: config.CANARY_API_KEY ?? '' },
    limits: { patienceMs, stopMs: patienceMs / STOP_SHARE },
    ingest,
    key: config.CANARY_API_KEY,
    sandbox,
  };
}
export type CanarySettings = NonNullable<ReturnType<typeof canarySettings>>;
