import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { inbound } from './inbound.module.ts';

await main(inbound);
