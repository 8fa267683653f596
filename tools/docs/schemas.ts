import { z } from 'zod';
import { catalogue, type EventType } from '@leadstream/contracts/events';
import { LEAD_CREATED, leadCreated } from '@leadstream/contracts/lead-created';

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
}

/** One message of the contract, with its data as JSON Schema. */
export interface Described {
  type: string;
  version: number;
  says: string;
  schema: JsonSchema;
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
);

export const events: readonly DescribedEvent[] = (Object.keys(catalogue) as EventType[]).map((type) => {
  const { token, by, says, version, data } = catalogue[type];
  return { token, by, ...describe(type, version, says, data) };
});

export const schemaFile = ({ type, version }: Described): string => `schemas/${type}.v${version}.json`;

function describe(type: string, version: number, says: string, data: z.ZodType): Described {
  // The input side leaves objects open, because a reader has to accept fields that are added later.
  const { $schema, ...schema } = z.toJSONSchema(data, { io: 'input', override: ({ jsonSchema }) => plain(jsonSchema) });
  return {
    type,
    version,
    says,
    schema: {
      $schema,
      $id: `urn:leadstream:${type}:v${version}`,
      title: type,
      description: says,
      ...schema,
    } as JsonSchema,
  };
}

/** Removes zod's own additions: the range of JavaScript's integers, and RFC 3339 as a pattern beside `format`. */
function plain(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format === 'date-time') delete schema.pattern;
}
