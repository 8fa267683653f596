import { serviceArgs } from '@leadstream/testing/child';
import { MONGOD_ARGS } from '@leadstream/testing/servers';
import { z } from 'zod';
import {
  apps,
  environmentProblems,
  isProcess,
  issuesOf,
  portOf,
  type Environment,
  type Process,
} from './environment.ts';
import type { Manifests } from './manifests.ts';

const condition = z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) });

const service = z.looseObject({
  image: z.string().regex(/:\d/, 'has no version'),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  user: z.string().regex(/^\d+:\d+$/, 'must be numbers'),
  privileged: z.never().optional(),
  restart: z.string(),
  profiles: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/, 'is published beyond 127.0.0.1')).default([]),
  depends_on: z.record(z.string(), condition).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  tmpfs: z.array(z.string()).default([]),
  stop_grace_period: z.string().default('10s'),
});
type Service = z.infer<typeof service>;

const file = z.looseObject({ services: z.record(z.string(), service) });

/** A service's shutdown limit (libs/service/src/start.ts). */
const STOP_SECONDS = 25;
/** Compose's own variable: the profiles to start without `--profile`. */
const PROFILES = 'COMPOSE_PROFILES';
const VARIABLE = /\$\{(\w+)\}/g;

export function composeProblems({ compose, dotenv, version }: Manifests): string[] {
  const parsed = file.safeParse(compose);
  if (!parsed.success) return issuesOf('compose', parsed.error);
  const { services } = parsed.data;
  const used = new Set([...JSON.stringify(services).matchAll(VARIABLE)].map(([, name = '']) => name));
  return [
    ...[...used].filter((name) => !(name in dotenv)).map((name) => `.env.example: ${name} is missing`),
    ...Object.keys(dotenv)
      .filter((name) => !used.has(name) && name !== PROFILES)
      .map((name) => `.env.example: ${name} is used nowhere`),
    ...apps.filter((app) => !services[app]).map((app) => `compose: no service ${app}`),
    ...profileProblems(services, dotenv).map((problem) => `compose: ${problem}`),
    ...(services['mongodb']?.command.join(' ').includes(MONGOD_ARGS.join(' '))
      ? []
      : [`compose: mongodb: is not started with ${MONGOD_ARGS.join(' ')}, and would log documents`]),
    ...Object.entries(services).flatMap(([name, each]) =>
      [
        ...containerProblems(name, each, services),
        ...(isProcess(name) ? appProblems(name, each, dotenv, version) : []),
      ].map((problem) => `compose: ${problem}`),
    ),
  ];
}

/** By default one container a service, with the profile `small` one for all of them; the servers are in both. */
function profileProblems(services: Record<string, Service>, dotenv: Record<string, string>): string[] {
  const small = services['all'];
  const given = Object.entries(services).filter(([name]) => isProcess(name));
  return [
    ...(small ? [] : ['no service all']),
    ...given
      .filter(([name, { profiles }]) => profiles.join() !== (name === 'all' ? 'small' : dotenv[PROFILES]))
      .map(([name, { profiles }]) => `${name}: starts with the profiles ${profiles.join()}`),
    ...given.flatMap(([name, { environment }]) =>
      Object.keys(environment)
        .filter((variable) => small && !(variable in small.environment))
        .map((variable) => `all: has no ${variable}, which ${name} has`),
    ),
  ];
}

function containerProblems(
  name: string,
  { user, restart, cap_add, healthcheck, depends_on }: Service,
  services: Record<string, Service>,
): string[] {
  const once = restart === 'no';
  return [
    ...(user.startsWith('0:') && !once ? [`${name}: runs as root`] : []),
    ...cap_add
      .filter((capability) => !once || capability !== 'CHOWN')
      .map((capability) => `${name}: has the capability ${capability}`),
    ...(healthcheck || once ? [] : [`${name}: has no healthcheck`]),
    ...Object.entries(depends_on).flatMap(([other, { condition: until }]) => {
      const there = services[other];
      if (!there) return [`${name}: depends on ${other}, which is not there`];
      return (until === 'service_completed_successfully') === (there.restart === 'no')
        ? []
        : [`${name}: waits for ${other} to be ${until}`];
    }),
  ];
}

function appProblems(
  app: Process,
  { command, image, environment, ports, tmpfs, stop_grace_period }: Service,
  dotenv: Record<string, string>,
  version: string,
): string[] {
  const env: Environment = new Map(
    Object.entries(environment).map(([name, text]) => [
      name,
      { value: text.replace(VARIABLE, (_, variable: string) => dotenv[variable] ?? ''), secret: text.includes('${') },
    ]),
  );
  return [
    ...environmentProblems(app, env),
    ...(command.join(' ') === serviceArgs(app).join(' ') ? [] : [`${app}: runs ${command.join(' ')}`]),
    ...(image === `leadstream:${version}` ? [] : [`${app}: image ${image} is not leadstream:${version}`]),
    ...(tmpfs.some((each) => /^\/tmp:.*size=/.test(each)) ? [] : [`${app}: has no bounded /tmp that can be written`]),
    ...(env.has('PORT') ? [] : [`${app}: its healthcheck reads PORT, which is not set`]),
    ...ports
      .filter((port) => !port.endsWith(`:${portOf(app, env)}`))
      .map((port) => `${app}: publishes ${port}, listens on ${portOf(app, env)}`),
    ...(Number.parseInt(stop_grace_period, 10) > STOP_SECONDS
      ? []
      : [`${app}: is killed after ${stop_grace_period}, needs up to ${STOP_SECONDS} s`]),
  ];
}
