import { permissions, type NatsUser } from './users.ts';

/** Whether NATS's pattern covers the subject, which may have wildcards of its own. */
function covers(pattern: string, subject: string): boolean {
  const [wide, given] = [pattern.split('.'), subject.split('.')];
  return (
    wide.every((token, at) =>
      token === '>' ? at < given.length : token === '*' ? given[at] !== '>' : token === given[at],
    ) &&
    (wide.at(-1) === '>' || wide.length === given.length)
  );
}

/** Whether the user may publish to the subject, or make the request that it is. */
export function may(user: NatsUser, subject: string, partitions = 1): boolean {
  const { allow, deny } = permissions(user, partitions).publish;
  return allow.some((one) => covers(one, subject)) && !deny.some((one) => covers(one, subject));
}
