import { randomUUID } from 'node:crypto';
import type { Broker } from '@leadstream/eventlog/broker';
import { PublicReader } from '@leadstream/eventlog/public-reader';
import { loadConfig } from '@leadstream/service/config';
import { webhooks as webhookSettings } from '@leadstream/service/webhooks/config';
import {
  endpointNameSchema,
  Endpoints,
  ENDPOINTS_MAX,
  OUTCOME_TYPES,
  urlProblem,
  type Endpoint,
} from '@leadstream/service/webhooks/endpoints';
import { Poster, type Attempt } from '@leadstream/service/webhooks/post';
import { drawSecret, Sealer } from '@leadstream/service/webhooks/secrets';
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { z } from 'zod';
import { author } from './give.ts';
import { ending } from './help.ts';
import { dataKeysOf, print, settings, withBroker } from './session.ts';
import { exitWith } from './terminal.ts';
import { shownEndpoint, summaryOf, unreadableEndpoint } from './webhooks-shown.ts';

/** The time for which a rotated secret goes on signing. */
const OVERLAP = 'PT24H';
const DONE = { 0: 'done', 1: 'no such endpoint, or an error' } as const;

interface Json {
  json?: boolean;
}

export function webhookCommands(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .description('signed webhooks to other systems: the events of PUBLIC, posted to endpoints');
  addition(webhooks);
  listing(webhooks);
  trial(webhooks);
  redelivery(webhooks);
  secrets(webhooks);
  stopping(webhooks);
}

const name = (): Argument => new Argument('<name>', 'of the endpoint').argParser(named);
const json = (): Option => new Option('--json', 'as JSON');
const by = (): Option => new Option('--by <name>', 'the operator’s name').argParser(author).makeOptionMandatory();

function addition(webhooks: Command): void {
  webhooks
    .command('add')
    .description('an endpoint; its secret is shown once. Events from now on are delivered')
    .addArgument(name())
    .argument('<url>', 'https, or http to a network of WEBHOOKS_NETWORKS', url)
    .addOption(by())
    .addOption(new Option('--types <type...>', 'only these events (default: all)').choices(OUTCOME_TYPES))
    .addOption(json())
    .addHelpText(
      'after',
      ending(
        [
          'leadctl webhooks add crm https://crm.example.com/hooks/leadstream --by ana',
          'leadctl webhooks add sales https://example.com/hook --types lead.responded lead.unsubscribed --by ana',
        ],
        { 0: 'added', 1: 'there is one of that name, or an error' },
      ),
    )
    .action(async (of: string, at: string, { types, ...options }: Json & { by: string; types?: Endpoint['types'] }) => {
      const secret = drawSecret();
      const now = Temporal.Now.instant().toString();
      const sealed = sealer().seal(secret, of);
      await withEndpoints(async (endpoints, broker) => {
        const { readable, unreadable } = await endpoints.all();
        if (readable.length + unreadable.length >= ENDPOINTS_MAX)
          throw new Error(`there are ${ENDPOINTS_MAX} endpoints`);
        const reader = new PublicReader(broker);
        const after = await reader.lastSeq();
        const afterId = after > 0 ? (await reader.at(after))?.id : undefined;
        const endpoint: Endpoint = {
          name: of,
          generation: randomUUID(),
          url: at,
          types: types ?? OUTCOME_TYPES,
          secrets: [{ sealed, at: now }],
          by: options.by,
          addedAt: now,
          after,
          ...(afterId === undefined ? {} : { afterId }),
        };
        if (!(await endpoints.add(endpoint)))
          throw new Error(`there is an endpoint ${of}: remove it, or take another name`);
      });
      if (options.json) return print({ name: of, url: at, secret });
      print(`${of} is added. Its secret, which is not shown again:\n${secret}\nTry it: leadctl webhooks test ${of}`);
    });
}

function listing(webhooks: Command): void {
  webhooks
    .command('list')
    .description('the endpoints: what waits at each and why, and its dead letters')
    .addOption(json())
    .addHelpText('after', ending('leadctl webhooks list'))
    .action(async ({ json: asJson }: Json) => {
      const { shown, unreadable } = await withEndpoints(async (endpoints, broker) => ({
        shown: await summaryOf(endpoints, broker),
        unreadable: (await endpoints.all()).unreadable,
      }));
      if (asJson) return print([...shown, ...unreadable.map((name) => ({ name, unreadable: true }))]);
      const lines = [...shown.map(shownEndpoint), ...unreadable.map(unreadableEndpoint)];
      print(lines.length > 0 ? lines.join('\n') : 'no endpoint: leadctl webhooks add');
    });
}

function trial(webhooks: Command): void {
  webhooks
    .command('test')
    .description('post one event of the type leadstream.test from this machine, signed as all are')
    .addArgument(name())
    .addOption(json())
    .addHelpText(
      'after',
      ending('leadctl webhooks test crm', { 0: 'it answered with 2xx', 1: 'it did not, or an error' }),
    )
    .action(async (of: string, { json: asJson }: Json) => {
      const endpoint = await withEndpoints((endpoints) => found(endpoints, of));
      const result = await posted(endpoint);
      const { kind, ms } = result;
      if (asJson) print({ name: of, ...result });
      else if (kind === 'delivered') print(`${of} answered ${result.status} in ${ms} ms`);
      else print(`${of} failed after ${ms} ms: ${result.why}: ${result.detail}`);
      if (kind !== 'delivered') exitWith(1);
    });
}

function redelivery(webhooks: Command): void {
  webhooks
    .command('redeliver')
    .description('deliver dead letters again, under their ids: all of the endpoint, or one')
    .addArgument(name())
    .option('--event <id>', 'only this event, by its webhook-id')
    .addOption(json())
    .addHelpText(
      'after',
      ending(['leadctl webhooks redeliver crm', 'leadctl webhooks redeliver crm --event 5f0c'], DONE),
    )
    .action(async (of: string, { event, json: asJson }: Json & { event?: string }) => {
      const letters = await withEndpoints(async (endpoints) => {
        const endpoint = await found(endpoints, of);
        const chosen = (await endpoints.deadLetters(endpoint)).filter(({ id }) => event === undefined || id === event);
        if (event !== undefined && chosen.length === 0) throw new Error(`${of} has no dead letter ${event}`);
        const again = Temporal.Now.instant().toString();
        for (const letter of chosen) await endpoints.bury({ ...letter, again });
        return chosen;
      });
      if (asJson) return print({ name: of, events: letters.map(({ id }) => id) });
      print(`${letters.length} dead letters of ${of} are tried again; leadctl webhooks list shows those that fail`);
    });
}

function secrets(webhooks: Command): void {
  webhooks
    .command('secrets')
    .description('the secrets of an endpoint: when each was made and ends; with --rotate a new one, shown once')
    .addArgument(name())
    .option(
      '--rotate',
      'draw a new secret; the older ones go on signing for --overlap, so that the receiver can change',
    )
    .option('--overlap <duration>', 'ISO 8601; PT0S: the older ones end now', overlap, Temporal.Duration.from(OVERLAP))
    .addOption(json())
    .addHelpText(
      'after',
      ending(
        [
          'leadctl webhooks secrets crm',
          'leadctl webhooks secrets crm --rotate',
          'leadctl webhooks secrets crm --rotate --overlap PT0S',
        ],
        DONE,
      ),
    )
    .action(async (of: string, options: Json & { rotate?: boolean; overlap: Temporal.Duration }) => {
      const secret = options.rotate ? await rotate(of, options.overlap) : undefined;
      const { secrets: all } = await withEndpoints((endpoints) => found(endpoints, of));
      const times = all.map(({ at, until }) => ({ at, until: until ?? null }));
      if (options.json) return print({ name: of, ...(secret ? { secret } : {}), secrets: times });
      if (secret) print(`The new secret of ${of}, which is not shown again:\n${secret}`);
      for (const { at, until } of times) print(`made ${at}  ${until ? `signs until ${until}` : 'signs'}`);
    });
}

async function rotate(of: string, lasting: Temporal.Duration): Promise<string> {
  const secret = drawSecret();
  const sealed = sealer().seal(secret, of);
  const now = Temporal.Now.instant();
  const until = now.add(lasting).toString();
  const changed = await withEndpoints((endpoints) =>
    endpoints.change(of, (endpoint) => {
      const valid = endpoint.secrets.filter((one) => !one.until || Date.parse(one.until) > now.epochMilliseconds);
      // One that a rotation before left an end may not outlive this one's.
      const older = valid.slice(0, 2).map((one) => ({ ...one, until: earlier(one.until, until) }));
      return { ...endpoint, secrets: [{ sealed, at: now.toString() }, ...older] };
    }),
  );
  if (!changed) throw await withEndpoints((endpoints) => absent(endpoints, of));
  return secret;
}

const earlier = (one: string | undefined, other: string): string =>
  one !== undefined && Date.parse(one) < Date.parse(other) ? one : other;

function stopping(webhooks: Command): void {
  webhooks
    .command('pause')
    .description('post nothing to an endpoint, until it is resumed; its events wait, up to the 30 days of PUBLIC')
    .addArgument(name())
    .addOption(by())
    .requiredOption('--reason <text>', 'the reason')
    .addOption(json())
    .addHelpText('after', ending('leadctl webhooks pause crm --by ana --reason "the CRM moves"', DONE))
    .action((of: string, { reason, ...options }: Json & { by: string; reason: string }) => {
      const paused = { why: reason.slice(0, 300), by: options.by, at: Temporal.Now.instant().toString() };
      return change(
        of,
        (endpoint) => ({ ...endpoint, paused }),
        { name: of, paused: true },
        `${of} is paused`,
        options,
      );
    });
  webhooks
    .command('resume')
    .description('post again, what waits first; also tries at once an endpoint that fails')
    .addArgument(name())
    .addOption(by())
    .addOption(json())
    .addHelpText('after', ending('leadctl webhooks resume crm --by ana', DONE))
    .action((of: string, options: Json & { by: string }) => {
      const resumedAt = Temporal.Now.instant().toString();
      const resumed = ({ paused: _, ...endpoint }: Endpoint): Endpoint => ({ ...endpoint, resumedAt });
      return change(of, resumed, { name: of, paused: false, by: options.by }, `${of} is resumed`, options);
    });
  webhooks
    .command('remove')
    .description('an endpoint, with its secrets, what waits for it and its dead letters')
    .addArgument(name())
    .addOption(json())
    .addHelpText('after', ending('leadctl webhooks remove crm', DONE))
    .action(async (of: string, options: Json) => {
      if (!(await withEndpoints((endpoints) => endpoints.remove(of)))) throw new Error(`there is no endpoint ${of}`);
      print(options.json ? { name: of, removed: true } : `${of} is removed`);
    });
}

async function change(
  of: string,
  decide: (endpoint: Endpoint) => Endpoint,
  result: object,
  words: string,
  { json: asJson }: Json,
): Promise<void> {
  if (!(await withEndpoints((endpoints) => endpoints.change(of, decide))))
    throw await withEndpoints((endpoints) => absent(endpoints, of));
  print(asJson ? result : words);
}

/** One event that no lead has, by the same poster as the service's. */
async function posted(endpoint: Endpoint): Promise<Attempt> {
  const { WEBHOOKS_NETWORKS: allowed } = loadConfig(z.object(webhookSettings), settings());
  const now = () => Temporal.Now.instant();
  const poster = new Poster({ allowed, now });
  try {
    const id = randomUUID();
    const event = {
      specversion: '1.0',
      id,
      source: 'leadstream',
      type: 'leadstream.test',
      time: now().toString(),
      datacontenttype: 'application/json',
      dataversion: 1,
      data: { endpoint: endpoint.name, types: endpoint.types },
    };
    const valid = endpoint.secrets.filter(({ until }) => !until || Date.parse(until) > now().epochMilliseconds);
    const secretsOf = valid.flatMap(({ sealed }) => sealer().open(sealed, endpoint.name) ?? []);
    return await poster.post({ url: endpoint.url, secrets: secretsOf, id, body: JSON.stringify(event) });
  } finally {
    await poster.close();
  }
}

const sealer = (): Sealer => new Sealer(dataKeysOf());

const withEndpoints = <T>(work: (endpoints: Endpoints, broker: Broker) => Promise<T>): Promise<T> =>
  withBroker((broker, replicas) => work(new Endpoints(broker, replicas), broker));

async function found(endpoints: Endpoints, of: string): Promise<Endpoint> {
  const endpoint = await endpoints.find(of);
  if (!endpoint) throw await absent(endpoints, of);
  return endpoint;
}

/** The error for an endpoint that is not found; of an entry that this build cannot read the endpoint waits. */
async function absent(endpoints: Endpoints, of: string): Promise<Error> {
  const { unreadable } = await endpoints.all();
  return new Error(
    unreadable.includes(of)
      ? `the entry of ${of} cannot be read: use the leadctl of the services’ build, or leadctl webhooks remove ${of}`
      : `there is no endpoint ${of}; leadctl webhooks list shows them`,
  );
}

function named(text: string): string {
  const parsed = endpointNameSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? '');
  return parsed.data;
}

function url(text: string): string {
  const problem = urlProblem(text);
  if (problem) throw new InvalidArgumentError(problem);
  return text;
}

function overlap(text: string): Temporal.Duration {
  try {
    const parsed = Temporal.Duration.from(text);
    if (parsed.sign < 0 || parsed.total('hour') > 24 * 30) throw new RangeError('out of range');
    return parsed;
  } catch {
    throw new InvalidArgumentError('must be an ISO 8601 duration of at most 30 days, in days or smaller units');
  }
}
