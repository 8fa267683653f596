import { z } from 'zod';

/**
 * The events of stream `OPERATIONS`: what operators and services decided about the accounts that mails and texts go out
 * by. No personal data of leads; an operator's name is in `by`.
 */

const instant = z.iso.datetime({ offset: true });
const account = z
  .string()
  .regex(/^[a-z0-9-]+$/)
  .describe('The account at a provider or gateway');
const common = {
  id: z.uuid().describe('Drawn by the writer of the decision, and stored with it'),
  at: instant,
  account,
  by: z.string().describe('A service, or an operator'),
};
const why = z.string().describe('In words');
const source = z.string().describe('The source, by the name that its bounces are counted under');

const operation = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), ...common, ...shape });

export const operationSchema = z.discriminatedUnion('type', [
  operation('account.paused', {
    why,
    until: instant.optional().describe('Absent: until it is resumed'),
    kind: z.enum(['reputation', 'refused']).optional().describe('Absent: a person decided'),
  }),
  operation('account.resumed', { why: why.optional() }),
  operation('account.source-paused', { source, why }),
  operation('account.source-resumed', { source, why: why.optional() }),
  operation('account.breaker-opened', {}),
  operation('account.breaker-closed', {}),
]);
export type Operation = z.infer<typeof operationSchema>;
export type OperationType = Operation['type'];
/** An operation before its writer draws the id and the time. */
export type Operated<T extends OperationType = OperationType> = {
  [K in T]: Omit<Extract<Operation, { type: K }>, 'id' | 'at' | 'account'>;
}[T];

/** `operations.account.<account>.<id>`: one message a subject, so that an event is stored once. */
export const operationSubject = (account: string, id: string): string => `operations.account.${account}.${id}`;
