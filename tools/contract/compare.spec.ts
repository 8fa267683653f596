import { beforeAll, describe, expect, it } from '@jest/globals';
import { breaks, type Contract } from './compare.ts';
import { released } from './released.ts';

/** The members of a document that a case changes. */
interface Tree {
  [key: string]: Tree;
}
type Change = (contract: { schemas: Tree; asyncapi: Tree; openapi: Tree }) => void;

let before: Contract;
beforeAll(async () => {
  const found = await released();
  if (!found) throw new Error('no release');
  // Only what the cases change, because each one compares all of it.
  const some = (tree: object, wanted: RegExp) =>
    Object.fromEntries(Object.entries(tree).filter(([key]) => wanted.test(key)));
  const { components, ...bus } = found.asyncapi as { components: { messages: object } };
  before = {
    ...found,
    schemas: some(found.schemas, /created|refused|completed|noted/),
    asyncapi: { ...bus, components: { messages: some(components.messages, /created/) } },
    openapi: { ingest: found.openapi['ingest'] ?? {} },
  };
});

/** The last release with a change. */
const after = (change: Change): Contract => {
  const copy = structuredClone(before);
  change(copy as unknown as Parameters<Change>[0]);
  return copy;
};

const at = (tree: Tree | undefined, path: string): Tree => {
  const found = path.split(' ').reduce<Tree | undefined>((inner, key) => inner?.[key], tree);
  if (!found) throw new Error(`nothing at ${path}`);
  return found;
};
const set = (tree: Tree, path: string, value: unknown): void => void Object.assign(tree, { [path]: value });
const drop = (tree: Tree, key: string): void => {
  if (!Reflect.has(tree, key)) throw new Error(`no ${key}`);
  Reflect.deleteProperty(tree, key);
};

const LEAD = 'lead.created.v1.json';
const REFUSED = 'public.lead.refused.v1.json';
const COMPLETED = 'public.lead.completed.v1.json';
const schema = (contract: { schemas: Tree }, file: string): Tree => at(contract.schemas, file);
const route = ({ openapi }: { openapi: Tree }, path = '/v1/leads'): Tree => at(openapi, `ingest paths ${path} post`);

describe('the comparison with the last release', () => {
  it.each<[string, Change, string]>([
    [
      'another required field of a lead',
      (it) => set(schema(it, LEAD), 'required', ['email', 'leadData', 'phone']),
      `${LEAD}: phone: is required`,
    ],
    [
      'a field of a lead of another type',
      (it) => set(at(schema(it, LEAD), 'properties email'), 'type', 'integer'),
      `${LEAD}: email: is integer, not string`,
    ],
    [
      'a field of a lead that may no longer be null',
      (it) => set(at(schema(it, LEAD), 'properties'), 'phone', { type: 'string' }),
      `${LEAD}: phone: is string, not null`,
    ],
    [
      'a shorter field of a lead',
      (it) => set(at(schema(it, LEAD), 'properties email'), 'maxLength', 100),
      `${LEAD}: email: maxLength is 100, not 320`,
    ],
    [
      'a closed list for a field of a lead',
      (it) => set(at(schema(it, LEAD), 'properties leadData properties source'), 'enum', ['demo']),
      `${LEAD}: leadData/source: has a closed list of values`,
    ],
    [
      'a pattern for a field of a lead',
      (it) => set(at(schema(it, LEAD), 'properties email'), 'pattern', '@'),
      `${LEAD}: email: pattern is another`,
    ],
    [
      'an optional field of a lead that is read no more',
      (it) => drop(at(schema(it, LEAD), 'properties leadData properties'), 'medium'),
      `${LEAD}: leadData/medium: is removed`,
    ],
    [
      'a lead that may have no other fields',
      (it) => set(schema(it, LEAD), 'additionalProperties', false),
      `${LEAD}: the whole: takes no further fields`,
    ],
    ['a version of the lead that is taken no more', (it) => drop(it.schemas, LEAD), `${LEAD}: is removed`],
    [
      'an outcome without one of its fields',
      (it) => drop(at(schema(it, REFUSED), 'properties'), 'fault'),
      `${REFUSED}: fault: is removed (given)`,
    ],
    [
      'an outcome whose list lacks a field in its items',
      (it) => drop(at(schema(it, REFUSED), 'properties reasons items properties'), 'field'),
      `${REFUSED}: reasons/*/field: is removed (given)`,
    ],
    [
      'an outcome with a field that may be absent',
      (it) => set(schema(it, COMPLETED), 'required', ['leadId', 'why']),
      `${COMPLETED}: sequence: is required (given)`,
    ],
    [
      'an outcome with another value',
      (it) => set(at(schema(it, COMPLETED), 'properties why'), 'enum', ['finished', 'stopped', 'exit', 'moved']),
      `${COMPLETED}: why: lacks "moved" (given)`,
    ],
    [
      'an outcome with a field of more types',
      (it) =>
        set(at(schema(it, COMPLETED), 'properties'), 'sequence', { anyOf: [{ type: 'string' }, { type: 'null' }] }),
      `${COMPLETED}: sequence: is string, not null (given)`,
    ],
    [
      'an outcome that is told in a newer version alone',
      (it) => {
        set(it.schemas, REFUSED.replace('v1', 'v2'), schema(it, REFUSED));
        drop(it.schemas, REFUSED);
      },
      `${REFUSED}: is removed`,
    ],
    [
      'an event of the log that is no more',
      (it) => drop(it.schemas, 'lead.noted.v1.json'),
      'lead.noted.v1.json: is removed',
    ],
    [
      'another address of a channel',
      (it) => set(at(it.asyncapi, 'channels intake'), 'address', 'leads.in'),
      'channel intake: address is leads.in, not lead.created',
    ],
    [
      'a channel without one of its messages',
      (it) => drop(at(it.asyncapi, 'channels public messages'), 'public.lead.erased'),
      'channel public: public.lead.erased is removed',
    ],
    [
      'another required header of a lead',
      (it) =>
        set(at(it.asyncapi, 'components messages lead.created.binary headers'), 'required', [
          'ce-id',
          'ce-type',
          'ce-source',
          'ce-time',
        ]),
      'message lead.created.binary headers: ce-time: is required',
    ],
    [
      'a route that is gone',
      (it) => drop(at(it.openapi, 'ingest paths'), '/v1/leads'),
      'ingest POST /v1/leads: is removed',
    ],
    [
      'a header that is required',
      (it) => set(at(route(it), 'parameters 0'), 'required', true),
      'ingest POST /v1/leads: header Idempotency-Key: is required',
    ],
    [
      'a parameter that is read no more',
      (it) => set(route(it), 'parameters', []),
      'ingest POST /v1/leads: header traceparent: is removed',
    ],
    [
      'a media type that is taken no more',
      (it) => drop(at(route(it), 'requestBody content'), 'multipart/form-data'),
      'ingest POST /v1/leads: multipart/form-data: is removed',
    ],
    [
      'a field that a body must have',
      (it) => set(at(it.openapi, 'ingest components schemas LeadCreated'), 'required', ['email', 'leadData', 'ip']),
      'ingest POST /v1/leads: application/json: ip: is required',
    ],
    [
      'an answer of another status',
      (it) => drop(at(route(it), 'responses'), '202'),
      'ingest POST /v1/leads: 202: is removed',
    ],
    [
      'an answer without one of its fields',
      (it) => drop(at(route(it), 'responses 202 content application/json schema properties'), 'id'),
      'ingest POST /v1/leads: 202: application/json: id: is removed (given)',
    ],
    [
      'a key that each caller needs',
      (it) => set(route(it), 'security', [{ bearer: [] }, { header: [] }]),
      'ingest POST /v1/leads: a call without a key: is refused',
    ],
  ])('refuses %s', (_, change, line) => {
    expect(breaks(before, after(change))).toContain(line);
  });

  it.each<[string, Change]>([
    ['nothing', () => undefined],
    ['an optional field of a lead', (it) => set(at(schema(it, LEAD), 'properties'), 'company', { type: 'string' })],
    ['a longer field of a lead', (it) => set(at(schema(it, LEAD), 'properties email'), 'maxLength', 400)],
    ['a field of a lead that was required', (it) => set(schema(it, LEAD), 'required', ['email'])],
    [
      'another version of the lead beside the first',
      (it) => set(it.schemas, 'lead.created.v2.json', { type: 'object' }),
    ],
    [
      'an outcome with another field',
      (it) => set(at(schema(it, COMPLETED), 'properties'), 'steps', { type: 'integer' }),
    ],
    [
      'an outcome with a value less',
      (it) => set(at(schema(it, COMPLETED), 'properties why'), 'enum', ['finished', 'stopped']),
    ],
    [
      'an event of the log in a newer version',
      (it) => {
        set(it.schemas, 'lead.noted.v2.json', { type: 'object' });
        drop(it.schemas, 'lead.noted.v1.json');
      },
    ],
    ['another outcome', (it) => set(at(it.asyncapi, 'channels public messages'), 'public.lead.opened', {})],
    ['another route', (it) => set(at(it.openapi, 'ingest paths'), '/v2/leads', { post: {} })],
    [
      'an optional parameter',
      (it) =>
        set(route(it), 'parameters', [...(route(it)['parameters'] as unknown as Tree[]), { name: 'x', in: 'query' }]),
    ],
    [
      'another way to prove oneself',
      (it) => set(route(it), 'security', [...(route(it)['security'] as unknown as Tree[]), { mtls: [] }]),
    ],
    ['other prose', (it) => set(at(schema(it, LEAD), 'properties email'), 'description', 'Another text')],
  ])('lets %s pass', (_, change) => {
    expect(breaks(before, after(change))).toEqual([]);
  });
});
