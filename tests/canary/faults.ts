import type { Stage } from '@leadstream/service/canary/stages';
import type { ServiceName, System } from '../observability/system.ts';

/** One thing that is broken, and the stages that may be named for it. */
export interface Planted {
  name: string;
  stages: readonly Stage[];
  plant: (system: System) => Promise<void>;
  mend: (system: System) => Promise<void>;
}

/** The service with other settings, until it is mended. */
function set(service: ServiceName, other: Record<string, string>): Pick<Planted, 'plant' | 'mend'> {
  const was = new Map<string, string | undefined>();
  const start = async ({ parts, ready }: System): Promise<void> => {
    await parts[service].kill();
    await parts[service].revive();
    await ready(service);
  };
  return {
    plant: async (system) => {
      for (const [name, value] of Object.entries(other)) {
        was.set(name, system.env[name]);
        system.env[name] = value;
      }
      await start(system);
      // Another service that is started meanwhile has its own settings.
      restore(system, was);
    },
    mend: start,
  };
}

function restore({ env }: System, was: ReadonlyMap<string, string | undefined>): void {
  for (const [name, value] of was)
    if (value === undefined) delete env[name];
    else env[name] = value;
}

const down = (service: ServiceName): Pick<Planted, 'plant' | 'mend'> => ({
  plant: ({ parts }) => parts[service].kill(),
  mend: async ({ parts, ready }) => {
    await parts[service].revive();
    await ready(service);
  },
});

const OTHER_KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkmMTTrkk3T5JX+63/kzCm2biu13hHezc3aXQ1Q06a1i7YQ' +
  'hjgFNgHU9xcHVKV2V801YI/wXd6FQCZgjJGnuXsg==';

export const FAULTS: readonly Planted[] = [
  { name: 'the key at the door', stages: ['door'], ...set('ingest', { INGEST_API_KEYS: 'a key of somebody else' }) },
  { name: 'ingest is down', stages: ['door'], ...down('ingest') },
  { name: 'triage is down', stages: ['triaged'], ...down('triage') },
  { name: 'the scheduler is down', stages: ['planned', 'due', 'completed'], ...down('scheduler') },
  { name: 'the sender is down', stages: ['claimed'], ...down('sender') },
  {
    name: 'the provider is down',
    stages: ['accepted', 'claimed'],
    plant: ({ parts }) => parts.provider.kill(),
    mend: ({ parts }) => parts.provider.revive(),
  },
  {
    name: 'the provider has no address in DNS',
    stages: ['accepted', 'claimed'],
    ...set('sender', { SENDGRID_BASE_URL: 'http://provider.invalid' }),
  },
  {
    name: 'the provider answers 503, and the breaker opens',
    stages: ['accepted', 'claimed'],
    plant: async ({ esp }) => void (await esp.faults({ status: 503, count: 100_000 })),
    mend: async ({ esp }) => void (await esp.clearFaults()),
  },
  {
    name: 'the key of the webhooks',
    stages: ['delivered'],
    ...set('inbound', { SENDGRID_EVENT_PUBLIC_KEYS: OTHER_KEY }),
  },
  {
    name: 'the canary’s mailbox does not answer',
    stages: ['received'],
    ...set('watch', { CANARY_SANDBOX_URL: 'http://mailbox.invalid' }),
  },
  {
    name: 'the secret of inbound',
    stages: ['stopped'],
    ...set('inbound', { INBOUND_SECRET: 'another-secret-of-this-test' }),
  },
];
