import { InvalidArgumentError } from 'commander';

/** The parser of a command's option for a whole number of at most nine digits. */
export const wholeNumber =
  (min = 0) =>
  (text: string): number => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < min)
      throw new InvalidArgumentError(`must be a whole number${min === 0 ? '' : ` from ${min}`}.`);
    return Number(text);
  };
