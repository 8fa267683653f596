import { openapi as ofConsole } from '@leadstream/console/openapi';
import { openapi as ofInbound } from '@leadstream/inbound/openapi';
import { openapi as ofIngest } from '@leadstream/ingest/openapi';

/** The description of each service that others call by HTTP. */
export const openapis = { ingest: ofIngest, inbound: ofInbound, console: ofConsole };
