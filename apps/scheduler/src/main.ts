import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { scheduler } from './scheduler.module.ts';

await main(scheduler);
