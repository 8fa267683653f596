import { parentPort } from 'node:worker_threads';
import EmailReplyParser from 'email-reply-parser';

parentPort?.on('message', (text: string) => parentPort?.postMessage(new EmailReplyParser().parseReply(text)));
parentPort?.postMessage('ready');
