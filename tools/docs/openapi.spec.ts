import { describe, expect, it } from '@jest/globals';
import type { Json } from '@leadstream/service/openapi';
import { codeOf, REFUSALS, type Reason } from '@leadstream/service/refusals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openapis } from './openapis.ts';

const documents = Object.entries(openapis).map(([app, of]): [string, Json] => [app, of()]);

describe('the descriptions of the HTTP APIs', () => {
  it.each(documents)('of %s keep to OpenAPI 3.1, and refer to nothing that they lack', async (_, document) => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1']);
    expect(() => validator.resolveRefs()).not.toThrow();
  });

  it('together have every code by which a service refuses', () => {
    const told = new Set(JSON.stringify(documents).match(/(?<=")[A-Z][A-Z_]+(?=")/g));
    const codes = (Object.keys(REFUSALS) as Reason[]).map(codeOf);
    expect(codes.filter((code) => !told.has(code))).toEqual([]);
  });
});
