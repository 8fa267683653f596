import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { projector } from './projector.module.ts';

await main(projector);
