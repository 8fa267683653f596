import { openapiOf, type Json } from '@leadstream/service/openapi';
import { ROUTES, SCHEMAS, SECURITY_SCHEMES } from './routes.ts';

/** Ingest's routes as OpenAPI 3.1, from the table that its controllers serve by. */
export const openapi = (): Json =>
  openapiOf({
    title: 'Leadstream ingest',
    description: 'The door for leads: takes them, and answers once they are stored. Other answers are problem+json.',
    routes: ROUTES,
    schemas: SCHEMAS,
    securitySchemes: SECURITY_SCHEMES,
  });
