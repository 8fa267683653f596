import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { webhooks } from './webhooks.module.ts';

await main([webhooks]);
