/** The number of the log's streams in suites of tests/e2e that have no number of their own. */
export const PARTITIONS = Number(process.env['LEADSTREAM_TEST_PARTITIONS'] ?? 1);
