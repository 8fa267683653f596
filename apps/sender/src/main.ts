import 'reflect-metadata';
import { main } from '@leadstream/service/start';
import { sender } from './sender.module.ts';

await main(sender);
