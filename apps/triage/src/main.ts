import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { triage } from './triage.module.ts';

await main(triage);
