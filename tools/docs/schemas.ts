import { z } from 'zod';
import { catalogue, type EventType } from '@leadstream/contracts/events';
import { LEAD_CREATED, leadCreated } from '@leadstream/contracts/lead-created';
import { outcomes, type OutcomeType } from '@leadstream/contracts/public';
import { leadCreatedExamples, outcomeExamples } from './examples.ts';

/** The subset of JSON Schema that zod generates for our contracts. */
export interface JsonSchema {
  $id?: string;
  title?: string;
  description?: string;
  type?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  examples?: readonly unknown[];
}

/** One message of the contract, with its data as JSON Schema. */
export interface Described {
  type: string;
  version: number;
  says: string;
  schema: JsonSchema;
  /** Of stream PUBLIC, whose types the log has too. */
  isPublic?: true;
}

export interface DescribedEvent extends Described {
  token: string;
  by: string;
}

/** The first version of the input contract. A second one will be added beside it, and will not replace it. */
const LEAD_CREATED_VERSION = 1;

export const described: Described = describe(
  LEAD_CREATED,
  LEAD_CREATED_VERSION,
  'A person has left their details. Only email and leadData.source are required; keys we do not know are kept',
  leadCreated,
  leadCreatedExamples,
);

/** The outcomes in stream PUBLIC, for other teams. */
export const told: readonly Described[] = (Object.keys(outcomes) as OutcomeType[]).map((type) => {
  const { says, version, data } = outcomes[type];
  return { ...describe(type, version, says, data, [outcomeExamples[type]], 'public:'), isPublic: true };
});

export const events: readonly DescribedEvent[] = (Object.keys(catalogue) as EventType[]).map((type) => {
  const { token, by, says, version, data } = catalogue[type];
  return { token, by, ...describe(type, version, says, data) };
});

export const schemaFile = ({ type, version, isPublic }: Described): string =>
  `schemas/${isPublic ? 'public.' : ''}${type}.v${version}.json`;

function describe(
  type: string,
  version: number,
  says: string,
  data: z.ZodType,
  examples: readonly unknown[] = [],
  space = '',
): Described {
  // The input side leaves objects open, because a reader has to accept fields that are added later.
  const { $schema, ...schema } = z.toJSONSchema(data, { io: 'input', override: ({ jsonSchema }) => plain(jsonSchema) });
  return {
    type,
    version,
    says,
    schema: {
      $schema,
      $id: `urn:leadstream:${space}${type}:v${version}`,
      title: type,
      description: says,
      ...schema,
      ...(examples.length > 0 ? { examples } : {}),
    } as JsonSchema,
  };
}

/** Removes zod's own additions: the range of JavaScript's integers, and RFC 3339 as a pattern beside `format`. */
function plain(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format === 'date-time') delete schema.pattern;
}
