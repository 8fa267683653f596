import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { crm } from './crm.module.ts';

await main([crm]);
