const ROWS = 'LEADSTREAM_IMPORT_ROWS';
const SEED = 'LEADSTREAM_IMPORT_SEED';
const ROWS_SHORT = 300;

/** The size of the import, from `npm run test:import` to the suite; without it, that of `npm test`. */
export const IMPORT = {
  write: ({ rows, seed }: { rows: number; seed: number }) => ({ [ROWS]: String(rows), [SEED]: String(seed) }),
  read: () => ({
    rows: Number(process.env[ROWS] ?? ROWS_SHORT),
    ...(process.env[SEED] === undefined ? {} : { seed: Number(process.env[SEED]) }),
  }),
};
