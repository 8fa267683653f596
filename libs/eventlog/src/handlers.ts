import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import type { MessageHandler } from '@nestjs/microservices';
import { from, isObservable, lastValueFrom, throwError, type Observable } from 'rxjs';
import { NewerEvent, parseRecorded } from '@leadstream/contracts/envelope';
import { catalogue, isEventType } from '@leadstream/contracts/events';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { leadSubject, logStreams, type LogStream, type StreamName } from '@leadstream/contracts/streams';
import type { Broker } from './broker.ts';
import type { Delivery, Message } from './delivery.ts';
import { Poison } from './errors.ts';

/**
 * Passes a handler's error on to the transport unchanged. Nest's own filter turns every error into one shapeless
 * object, which hides the difference between a poison message and an unreachable database.
 */
export class PassThroughFilter implements RpcExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}
// A call, because tools run these sources by type stripping, which does not support decorators.
Catch()(PassThroughFilter);

/**
 * The streams that a consumer reads, and its subjects in each: of the log one stream a partition. Throws for a pattern
 * that the stream can't have, and Unavailable until the log has a number of partitions.
 */
export function sourcesOf(
  broker: Broker,
  stream: StreamName,
  patterns: readonly string[],
): { stream: string; filterSubjects: string[] }[] {
  if (stream !== 'LEADS') return [{ stream, filterSubjects: patterns.map((pattern) => subjectFor(stream, pattern)) }];
  return logStreams(broker.partitions).map(({ stream: name, subject }) => ({
    stream: name,
    filterSubjects: patterns.map((pattern) => subjectFor(stream, pattern, subject)),
  }));
}

function subjectFor(stream: StreamName, pattern: string, inLog: LogStream['subject'] = leadSubject): string {
  if (stream === 'LEADS' && isEventType(pattern)) return inLog('*', catalogue[pattern].token);
  if (stream === 'INTAKE' && pattern === LEAD_CREATED) return pattern;
  if (stream === 'QUARANTINE' && pattern.startsWith('quarantine.')) return pattern;
  if (stream === 'FEEDBACK' && pattern.startsWith('feedback.')) return pattern;
  throw new Error(`no message of ${stream} is a ${pattern}`);
}

/** The pattern that a message's subject belongs to. */
export const patternOf = (stream: StreamName, subject: string): string =>
  stream === 'LEADS' ? `lead.${subject.split('.')[2]}` : subject;

/** The payload of handlers: an event of the log parsed, any other message raw, because its handler checks the shape. */
export function payloadOf(stream: StreamName, message: Message): unknown {
  if (stream !== 'LEADS') return message;
  try {
    return parseRecorded(message);
  } catch (cause) {
    if (cause instanceof NewerEvent) throw cause;
    throw new Poison(cause instanceof Error ? cause.message : 'not an event', { cause });
  }
}

/**
 * Runs all handlers of one pattern to their end, then throws the first failure; Poison last, since the others may still
 * succeed.
 */
export async function runAll(handlers: MessageHandler[], payload: unknown, delivery: Delivery): Promise<void> {
  const run = async (handler: MessageHandler) => {
    const result: unknown = await handler(payload, delivery);
    if (isObservable(result)) await lastValueFrom(from(result), { defaultValue: undefined });
  };
  const [only, ...others] = handlers;
  if (only && others.length === 0) return run(only);
  const results = await Promise.allSettled(handlers.map(run));
  const failures = results.filter((result) => result.status === 'rejected').map((result): unknown => result.reason);
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof Poison)) ?? failures[0];
}
