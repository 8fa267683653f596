import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cruise, type Judgement } from './cruise.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A repository that violates every rule, each by one line. A file named only as a target exists, and is empty. */
const planted: Record<string, Record<string, string[]>> = {
  'no-cycles': { 'libs/lead/src/a.ts': ['./b.ts'], 'libs/lead/src/b.ts': ['./a.ts'] },
  'everything-resolves': { 'apps/triage/src/lost.ts': ['@leadstream/contracts/nowhere'] },
  'app-imports-no-app': { 'apps/triage/src/nosy.ts': ['@leadstream/ingest/form'] },
  'lib-imports-no-app': { 'libs/service/src/nosy.ts': ['@leadstream/ingest/form'] },
  'contracts-imports-no-other-lib': { 'libs/contracts/src/nosy.ts': ['@leadstream/lead/state'] },
  'lead-imports-only-contracts': { 'libs/lead/src/nosy.ts': ['@leadstream/sequences/plan'] },
  'sequences-imports-only-contracts-and-lead': { 'libs/sequences/src/nosy.ts': ['@leadstream/eventlog/log'] },
  'eventlog-imports-only-contracts': { 'libs/eventlog/src/nosy.ts': ['@leadstream/lead/state'] },
  'projection-imports-only-contracts-and-eventlog': { 'libs/projection/src/nosy.ts': ['@leadstream/lead/state'] },
  'providers-imports-only-contracts-and-lead': {
    'libs/providers/src/nosy.ts': ['@leadstream/eventlog/log'],
    'libs/providers/src/sms/bytes.ts': ['@leadstream/service/all'],
  },
  'projection-knows-only-types-of-eventlog': { 'libs/projection/src/writer.ts': ['@leadstream/eventlog/log'] },
  'testing-stays-in-tests': {
    'libs/service/src/fake.ts': ['@leadstream/testing/servers'],
    'libs/eventlog/src/fake.ts': ['./testing/small-lead.ts'],
  },
  'products-know-no-tests': {
    'apps/sender/src/fake.ts': ['../../../tests/e2e/stack.ts'],
    'libs/lead/src/fake.ts': ['../../../tools/build-all.ts'],
  },
  'decisions-are-pure': {
    'libs/lead/src/broker.ts': ['@nats-io/jetstream'],
    'libs/lead/src/database.ts': ['mongodb'],
    'libs/sequences/src/service.ts': ['@nestjs/common'],
  },
  'decisions-know-no-node': { 'libs/lead/src/disk.ts': ['node:fs'], 'libs/sequences/src/disk.ts': ['crypto'] },
  'hmac-knows-only-crypto': { 'libs/lead/src/hmac.ts': ['node:fs'] },
  'projects-meet-by-package-name': {
    'apps/triage/src/deep.ts': ['../../../libs/lead/src/state.ts'],
    'tools/deep.ts': ['../libs/lead/src/state.ts'],
  },
  'the-page-knows-only-types': {
    'apps/console/web/src/lib.ts': ['@leadstream/lead/state'],
    'apps/console/web/src/server.ts': ['../../src/schemas.ts'],
    'apps/console/web/src/parser.ts': ['zod'],
  },
  'the-server-knows-no-page': {
    'apps/console/src/rendered.ts': ['../web/src/page.ts'],
    'libs/service/src/rendered.ts': ['react'],
  },
  'a-projector-cannot-send': {
    'apps/projector/src/replay.ts': ['./wiring.ts'],
    'apps/projector/src/wiring.ts': ['@sendgrid/mail'],
    'apps/projector/src/sends.ts': ['@leadstream/providers/senders'],
    'libs/projection/src/calls.ts': ['opossum'],
    'libs/projection/src/posts.ts': ['undici'],
    'libs/projection/src/mails.ts': ['nodemailer'],
    'libs/projection/src/provider.ts': ['@leadstream/providers/sms/send'],
  },
  'a-replay-cannot-send': {
    'apps/leadctl/src/replay/calls.ts': ['./wiring.ts'],
    'apps/leadctl/src/replay/wiring.ts': ['@leadstream/providers/senders'],
  },
  'a-replay-appends-nothing': { 'apps/leadctl/src/replay/writer.ts': ['@leadstream/eventlog/log'] },
  'a-sender-cannot-receive': {
    'apps/sender/src/forms.ts': ['@fastify/busboy'],
    'apps/sender/src/mailbox.ts': ['imapflow'],
    'apps/sender/src/webhooks.ts': ['@leadstream/providers/receivers'],
    'apps/sender/src/events.ts': ['@leadstream/providers/sms/events'],
  },
  'inbound-cannot-send': {
    'apps/inbound/src/answers.ts': ['@leadstream/providers/senders'],
    'apps/inbound/src/mails.ts': ['@sendgrid/mail'],
    'apps/inbound/src/posts.ts': ['undici'],
    'apps/inbound/src/submits.ts': ['nodemailer'],
  },
  'a-client-loads-where-it-is-configured': {
    'apps/triage/src/mails.ts': ['imapflow'],
    'apps/triage/src/asks.ts': ['./http-enricher.ts'],
    'apps/inbound/src/mailbox.ts': ['@leadstream/providers/smtp/mailbox'],
    'libs/providers/src/gateways.ts': ['./sendgrid/send.ts'],
  },
  'providers-are-apart': {
    'libs/providers/src/fax/events.ts': ['../sms/events.ts'],
    'libs/providers/src/inbound/fields.ts': ['../sms/events.ts'],
  },
  'mail-knows-no-meaning': {
    'apps/inbound/src/mail/nosy.ts': ['../reply/stop.ts'],
    'apps/inbound/src/mail/nosier.ts': ['../matching.ts'],
  },
  'reply-and-bounce-are-apart': {
    'apps/inbound/src/reply/nosy.ts': ['../bounce/dsn.ts'],
    'apps/inbound/src/bounce/nosy.ts': ['../reply/stop.ts'],
  },
  'interpretation-is-pure': {
    'apps/inbound/src/interpret.ts': ['./wiring.ts'],
    'apps/inbound/src/matching.ts': ['node:fs'],
    'apps/inbound/src/reply/log.ts': ['@leadstream/eventlog/log'],
    'apps/inbound/src/bounce/worker.ts': ['worker_threads'],
    'apps/inbound/src/mail/mail.ts': ['@nestjs/common'],
  },
  'the-verifier-decides-nothing': {
    'libs/verify/src/read-model.ts': ['@leadstream/lead/claim'],
    'libs/verify/src/judge.ts': ['@leadstream/elsewhere/reads'],
  },
  'the-verdict-folds-nothing': { 'libs/verify/src/standing.ts': ['type @leadstream/lead/state'] },
};

/** Similar imports that are allowed. */
const allowed: Record<string, string[]> = {
  'libs/contracts/src/a.spec.ts': ['@leadstream/testing/servers', '@nats-io/jetstream'],
  'libs/lead/src/a.spec.ts': ['@leadstream/testing/servers', 'node:fs'],
  'libs/sequences/src/plan.ts': ['@leadstream/lead/state'],
  'libs/projection/src/types.ts': ['type @leadstream/eventlog/log'],
  'libs/service/src/all.ts': [
    '@leadstream/sequences/plan',
    '@leadstream/projection/types',
    '@nestjs/common',
    'node:fs',
  ],
  'apps/leadctl/src/replay/types.ts': ['type @leadstream/eventlog/log', '@leadstream/projection/types', 'mongodb'],
  'apps/sender/src/mail.ts': ['@leadstream/providers/port', '@leadstream/lead/state'],
  'apps/sender/src/wiring.ts': ['@leadstream/providers/senders', 'opossum'],
  'apps/inbound/src/webhooks.ts': ['@leadstream/providers/receivers', '@leadstream/providers/port'],
  'libs/providers/src/senders.ts': ['./sms/send.ts', '@leadstream/contracts/events'],
  'libs/providers/src/receivers.ts': ['./sms/events.ts', '@leadstream/lead/state'],
  'libs/providers/src/sms/send.ts': ['./client.ts', '../port.ts'],
  'libs/providers/src/sms/client.ts': ['../http.ts'],
  'libs/providers/src/http.ts': ['undici'],
  'libs/providers/src/fax/inbound.ts': ['../inbound/form.ts', './events.ts', '../port.ts'],
  'apps/sender/src/a.int.spec.ts': ['@leadstream/sandbox-esp/esp'],
  'apps/inbound/src/mailbox-later.ts': ['later @leadstream/providers/smtp/mailbox', 'type imapflow'],
  'apps/inbound/src/wiring.ts': ['@nestjs/common', '@nats-io/jetstream'],
  'apps/inbound/src/mail/mime.ts': ['node:worker_threads', './mail.ts'],
  'apps/inbound/src/mail/a.spec.ts': ['../reply/stop.ts'],
  'apps/inbound/src/bounce/facts.ts': ['node:crypto', '@leadstream/lead/state', './dsn.ts'],
  'apps/console/web/src/view.ts': ['type @leadstream/lead/state', 'type ../../src/schemas.ts', 'react'],
  'apps/sandbox-esp/src/client.ts': ['@leadstream/testing/servers'],
  'tools/start/main.ts': ['@leadstream/testing/servers', '@leadstream/ingest/form'],
  'libs/elsewhere/src/reads.ts': ['@leadstream/sequences/plan'],
  'libs/verify/src/projection.ts': ['@leadstream/lead/evolve'],
  'libs/verify/src/verify.ts': ['./projection.ts', '@leadstream/contracts/events'],
  'libs/verify/src/a.spec.ts': ['@leadstream/lead/claim', '@leadstream/testing/servers'],
  'tests/e2e/story.spec.ts': ['@leadstream/sandbox-esp/esp', '@leadstream/sender/mail', '@leadstream/testing/servers'],
};

const empty = [
  'apps/triage/src/http-enricher.ts',
  'apps/ingest/src/form.ts',
  'libs/contracts/src/events.ts',
  'libs/lead/src/state.ts',
  'libs/lead/src/evolve.ts',
  'libs/lead/src/claim.ts',
  'libs/eventlog/src/log.ts',
  'libs/eventlog/src/testing/small-lead.ts',
  'libs/testing/src/servers.ts',
  'apps/sandbox-esp/src/esp.ts',
  'apps/console/src/schemas.ts',
  'apps/console/web/src/page.ts',
  'tests/e2e/stack.ts',
  'tools/build-all.ts',
  'apps/inbound/src/reply/stop.ts',
  'apps/inbound/src/bounce/dsn.ts',
  'libs/providers/src/port.ts',
  'libs/providers/src/inbound/form.ts',
  'libs/providers/src/sms/events.ts',
  'libs/providers/src/smtp/mailbox.ts',
  'libs/providers/src/sendgrid/send.ts',
];
const packages = [
  '@nats-io/jetstream',
  '@nestjs/common',
  'mongodb',
  '@sendgrid/mail',
  'opossum',
  'undici',
  'nodemailer',
  'imapflow',
  '@fastify/busboy',
  'react',
  'zod',
];

function importing(target: string, index: number): string {
  if (target.startsWith('type ')) return `import type { X } from '${target.slice(5)}';\nexport type X${index} = X;\n`;
  if (target.startsWith('later ')) return `export const x${index} = () => import('${target.slice(6)}');\n`;
  return `import * as x${index} from '${target}';\nvoid x${index};\n`;
}

async function build(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function plantViolations(root: string): Promise<void> {
  const sources = { ...allowed, ...(Object.assign({}, ...Object.values(planted)) as Record<string, string[]>) };
  await build(root, Object.fromEntries(empty.map((path) => [path, 'export type X = 1;\n'])));
  await build(
    root,
    Object.fromEntries(Object.entries(sources).map(([path, targets]) => [path, targets.map(importing).join('')])),
  );
  await build(
    root,
    Object.fromEntries(
      packages.flatMap((name) => [
        [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
        [`node_modules/${name}/index.js`, ''],
      ]),
    ),
  );
  const projects = new Set(
    [...empty, ...Object.keys(sources)]
      .filter((path) => /^(apps|libs)/.test(path))
      .map((path) => path.split('/').slice(0, 2).join('/')),
  );
  await mkdir(join(root, 'node_modules/@leadstream'), { recursive: true });
  for (const project of projects) {
    const name = `@leadstream/${project.split('/')[1]}`;
    await build(root, {
      [`${project}/package.json`]: JSON.stringify({
        name,
        exports: { './*': { '@leadstream/source': './src/*.ts', default: './dist/*.js' } },
      }),
    });
    await symlink(join(root, project), join(root, 'node_modules', name));
  }
}

describe('the dependency rules', () => {
  let repository: string;
  let found: Judgement;
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), 'leadstream-architecture-'));
    await build(repository, {
      'package.json': JSON.stringify({ name: 'repository', workspaces: ['apps/*', 'libs/*'] }),
    });
    await plantViolations(repository);
    found = await cruise(repository);
  });
  afterAll(() => rm(repository, { recursive: true, force: true }));

  it('have no violation in this repository', async () => {
    const { modules, violations } = await cruise(ROOT);
    expect(violations).toEqual([]);
    expect(modules).toBeGreaterThan(100);
  });

  it('are violated by one planted line each', () => {
    expect(found.rules).toEqual(Object.keys(planted).sort());
  });

  it.each(Object.entries(planted))('find a violation of %s', (rule, sources) => {
    const by = found.violations.filter((violation) => violation.startsWith(`${rule}: `));
    for (const path of Object.keys(sources)) expect(by).toContainEqual(expect.stringContaining(path));
  });

  it.each(Object.keys(allowed))('have nothing against %s', (path) => {
    expect(found.violations.filter((violation) => violation.includes(`: ${path} → `))).toEqual([]);
  });
});
