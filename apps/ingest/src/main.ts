import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { ingest } from './ingest.module.ts';

await main(ingest);
