/**
 * The allowed dependencies between parts of the repository. tools/architecture/architecture.spec.ts plants a violation
 * of every rule.
 */

const spec = '\\.spec\\.ts$|^(apps|libs)/[^/]+/src/testing/';
const npm = (...names) => names.map((name) => `(^|/)node_modules/${name}`);

/** Node's modules that leave the process or the thread. */
const IO = ['fs', 'net', 'http', 'https', 'http2', 'dns', 'tls', 'child_process', 'worker_threads'];

/** A pure function of Node’s. */
const HMAC = '^libs/lead/src/hmac\\.ts$';

/** Of libs/providers: what calls an ESP with a message, and what reads the ESP's webhooks. */
const SENDING =
  '^libs/providers/src/(senders|lookups|http|[^/]+/(send|lookup|closed-lookup|classes|client|refusals))\\.ts$';
const NOT_RECEIVING = 'send|lookup|closed-lookup|access|classes|client|refusals';
const RECEIVING = `^libs/providers/src/((receivers|gateways)\\.ts$|[^/]+/(?!(${NOT_RECEIVING})\\.ts$))`;

/** The clients of mail servers, of SendGrid and of a team's enricher, and the modules that import them. */
const CONFIGURED_CLIENTS = [
  '^libs/providers/src/(sendgrid/(send|client|classes)|smtp/(send|client|mailbox))\\.ts$',
  '^libs/service/src/canary/imap-mailbox\\.ts$',
  '^apps/triage/src/http-enricher\\.ts$',
];

/** `lib` may import, of the other libs, only `allowed`. Specs may use what they like of what is below them. */
const only = (lib, ...allowed) => ({
  name: `${lib}-imports-${allowed.length > 0 ? `only-${allowed.join('-and-')}` : 'no-other-lib'}`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: spec },
  to: { path: '^libs/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'everything-resolves',
      comment: 'What is not found is judged by no rule. The bench’s peers have packages of their own.',
      severity: 'error',
      from: { pathNot: '^tests/bench/peers/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'app-imports-no-app',
      comment: 'Only `all` runs several in one process.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: [spec, '^apps/all/src/main\\.ts$'] },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    { name: 'lib-imports-no-app', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    only('contracts'),
    only('lead', 'contracts'),
    only('sequences', 'contracts', 'lead'),
    only('eventlog', 'contracts'),
    only('projection', 'contracts', 'eventlog'),
    only('providers', 'contracts', 'lead'),
    {
      name: 'projection-knows-only-types-of-eventlog',
      severity: 'error',
      from: { path: '^libs/projection/', pathNot: spec },
      to: { path: '^libs/eventlog/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'testing-stays-in-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [spec, '^libs/testing/', '^apps/sandbox-esp/'] },
      to: { path: '^libs/testing/|^(apps|libs)/[^/]+/src/testing/' },
    },
    {
      name: 'products-know-no-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: spec },
      to: { path: '^(tools|tests)/' },
    },
    {
      name: 'decisions-are-pure',
      comment: 'lead and sequences decide; their callers do the I/O.',
      severity: 'error',
      from: { path: '^libs/(lead|sequences)/', pathNot: spec },
      to: { path: npm('@nestjs/', '@nats-io/', 'mongodb/') },
    },
    {
      name: 'decisions-know-no-node',
      severity: 'error',
      from: { path: '^libs/(lead|sequences)/', pathNot: [spec, HMAC] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'hmac-knows-only-crypto',
      severity: 'error',
      from: { path: HMAC },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'projects-meet-by-package-name',
      comment: 'A relative path goes round package.json#exports.',
      severity: 'error',
      from: { path: '^(apps/[^/]+|libs/[^/]+|tests|tools)/' },
      to: { path: '^(apps|libs)/', pathNot: '^$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'the-page-knows-only-types',
      comment: 'What the server, its libs and zod have of code would be in every browser.',
      severity: 'error',
      from: { path: '^apps/[^/]+/web/', pathNot: spec },
      to: { path: ['^libs/', '^apps/[^/]+/src/', ...npm('zod/')], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-server-knows-no-page',
      severity: 'error',
      from: { path: '^(apps/[^/]+/src|libs)/' },
      to: { path: ['^apps/[^/]+/web/', ...npm('react', 'wouter', '@tanstack/')] },
    },
    {
      name: 'a-projector-cannot-send',
      comment: 'So a replay never can, however it is wired.',
      severity: 'error',
      from: { path: '^(apps/projector|libs/projection)/', pathNot: spec },
      to: {
        path: [
          '^apps/sender/',
          SENDING,
          '^apps/sandbox-esp/src/',
          ...npm('@sendgrid/', 'nodemailer/', 'opossum/', 'undici/'),
        ],
        reachable: true,
      },
    },
    {
      name: 'a-replay-cannot-send',
      comment: 'leadctl calls providers elsewhere; what replays events can reach none of it.',
      severity: 'error',
      from: { path: '^apps/leadctl/src/replay/' },
      to: {
        path: [
          '^apps/sender/',
          SENDING,
          '^apps/sandbox-esp/src/',
          ...npm('@sendgrid/', 'nodemailer/', 'opossum/', 'undici/'),
        ],
        reachable: true,
      },
    },
    {
      name: 'a-replay-appends-nothing',
      comment: 'An event that was replayed into the log would be sent on.',
      severity: 'error',
      from: { path: '^apps/leadctl/src/replay/' },
      to: { path: '^libs/eventlog/src/(append|log)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'a-sender-cannot-receive',
      comment: 'It sends without the code that strangers’ bytes reach.',
      severity: 'error',
      from: { path: '^apps/sender/', pathNot: spec },
      to: { path: [RECEIVING, ...npm('@fastify/busboy/', 'imapflow/')], reachable: true },
    },
    {
      name: 'inbound-cannot-send',
      comment: 'Strangers’ bytes reach it, and it has no provider’s key.',
      severity: 'error',
      from: { path: '^apps/inbound/', pathNot: spec },
      to: {
        path: ['^apps/sender/', SENDING, ...npm('@sendgrid/', 'nodemailer/', 'opossum/', 'undici/')],
        reachable: true,
      },
    },
    {
      name: 'a-client-loads-where-it-is-configured',
      comment: 'Each takes 25 to 75 ms of CPU and 5 to 30 MB of a process: `await import(…)`.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [spec, '^(apps/sandbox-esp|libs/testing)/', ...CONFIGURED_CLIENTS] },
      to: {
        path: [...CONFIGURED_CLIENTS, ...npm('@sendgrid/', 'nodemailer/', 'imapflow/')],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'providers-are-apart',
      comment: 'A provider is removed with its folder. What several need is one folder up, or in `inbound`.',
      severity: 'error',
      from: { path: '^libs/providers/src/([^/]+)/', pathNot: spec },
      to: { path: '^libs/providers/src/[^/]+/', pathNot: '^libs/providers/src/($1|inbound)/' },
    },
    {
      name: 'mail-knows-no-meaning',
      comment: 'A mail is parsed before it is interpreted.',
      severity: 'error',
      from: { path: '^apps/inbound/src/mail/', pathNot: spec },
      to: { path: '^apps/inbound/src/', pathNot: '^apps/inbound/src/mail/' },
    },
    {
      name: 'reply-and-bounce-are-apart',
      comment: 'interpret.ts chooses between them.',
      severity: 'error',
      from: { path: '^apps/inbound/src/(reply|bounce)/', pathNot: spec },
      to: { path: '^apps/inbound/src/(reply|bounce)/', pathNot: '^apps/inbound/src/$1/' },
    },
    {
      name: 'interpretation-is-pure',
      comment: 'A stored mail has the same meaning whenever it is read.',
      severity: 'error',
      from: { path: '^apps/inbound/src/(interpret|matching|reply/.*|bounce/.*|mail/mail)\\.ts$', pathNot: spec },
      to: {
        path: [
          '^libs/(eventlog|projection|service)/',
          `^(?:node:)?(?:${IO.join('|')})(?:/|$)`,
          ...npm('@nestjs/', '@nats-io/', 'mongodb/'),
        ],
        reachable: true,
      },
    },
    {
      name: 'the-verifier-decides-nothing',
      comment: 'The verifier must not use what it judges; of the services it may know the fold.',
      severity: 'error',
      from: { path: '^libs/verify/src/', pathNot: spec },
      to: {
        path: ['^libs/(lead|sequences|service)/', '^apps/'],
        pathNot: '^libs/lead/src/(canary|evolve|guards|has-outcome|heard|hmac|intake/names|merge|run|state|text)\\.ts$',
        reachable: true,
      },
    },
    {
      name: 'the-verdict-folds-nothing',
      comment: 'Only the read model is compared by the services’ own fold; a stream is read without one.',
      severity: 'error',
      from: {
        path: '^libs/verify/src/',
        pathNot: [spec, '^libs/verify/src/(projection|read-model|verify|report)\\.ts$'],
      },
      to: {
        path: ['^libs/(lead|sequences|projection|eventlog|service)/', '^apps/'],
        pathNot: '^libs/eventlog/src/(broker|client-patch|errors|gathering|read)\\.ts$',
        reachable: true,
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    // Types count: an interface of another project is knowledge of it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@leadstream/source', 'import', 'require', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
