import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { console } from './console.module.ts';

await main(console);
