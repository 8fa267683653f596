import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { watch } from './watch.module.ts';

await main(watch);
