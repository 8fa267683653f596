import { describe, expect, it } from '@jest/globals';
import { kindNames } from './kinds.ts';
import { openapi } from './openapi.ts';
import { ROUTES } from './routes.ts';

const text = JSON.stringify(openapi());
const document = JSON.parse(text) as {
  paths: Record<string, Record<string, { operationId: string; responses: object }>>;
  components: { schemas: Record<string, { oneOf?: { properties: { kind: { const: string } } }[] }> };
};

describe('the description of the API', () => {
  it('has every route, each with a name of its own, its answer and its refusals', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        route: `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
        ...operation,
      })),
    );
    expect(operations.map(({ route }) => route).sort()).toEqual(Object.keys(ROUTES).sort());
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { responses } of operations)
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '401', '403', '500', '503']));
  });

  it('refers to nothing that it does not have', () => {
    const referred = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
    expect(new Set(text.match(/"\$ref":"(?!#\/components\/(schemas\/|responses\/Connection"))/g))).toEqual(new Set());
    expect(referred.filter((name) => !(name in document.components.schemas))).toEqual([]);
  });

  it('has every kind of command', () => {
    const kinds = document.components.schemas['Command']?.oneOf?.map(({ properties }) => properties.kind.const);
    expect(kinds).toEqual(kindNames);
  });
});
