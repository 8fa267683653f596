import { openapiOf, type Json } from '@leadstream/service/openapi';
import { ROUTES, SECURITY_SCHEMES } from './routes.ts';

/** Inbound's routes as OpenAPI 3.1, from the tables that its controllers serve by. */
export const openapi = (): Json =>
  openapiOf({
    title: 'Leadstream inbound',
    description: 'Takes the webhooks and mails of each provider, and serves the unsubscribe link of every mail.',
    routes: ROUTES,
    securitySchemes: SECURITY_SCHEMES,
  });
