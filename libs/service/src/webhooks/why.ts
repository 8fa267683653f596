/** Why an attempt failed; labels of a metric. */
export const WHY = ['status', 'redirect', 'gone', 'timeout', 'unreachable', 'private-address', 'no-secret'] as const;
export type Why = (typeof WHY)[number];
