import { describe, expect, it } from '@jest/globals';
import { growthOf, grown, millionTable, type MillionReport } from './growth.ts';

const report: MillionReport = {
  cores: 2,
  load: { before: 1, after: 2.25 },
  few: 100_000,
  many: 1_000_000,
  figures: [
    { name: 'first page', unit: 'ms', few: 4.5, many: 5.4 },
    { name: 'nats-server', unit: 'MB', few: 300, many: 2_900 },
    { name: 'a scan', unit: 'ms', few: 2, many: 80 },
  ],
};

describe('the growth of a figure', () => {
  it.each([
    [1, 'flat'],
    [1.49, 'flat'],
    [0.7, 'flat'],
    [1.6, 'neither'],
    [6.6, 'neither'],
    [6.7, 'linear'],
    [14.9, 'linear'],
    [15.1, 'neither'],
    [0.1, 'neither'],
  ])('of ratio %d between ten times as many leads is %s', (ratio, growth) => {
    expect(growthOf(ratio, 10)).toBe(growth);
  });

  it('is told with its ratio, of many leads to few', () => {
    expect(grown(report).figures.map(({ ratio, growth }) => [ratio, growth])).toEqual([
      [1.2, 'flat'],
      [9.67, 'linear'],
      [40, 'neither'],
    ]);
  });

  it('is a row of the table, whose columns are as wide as their widest cell', () => {
    expect(millionTable(report)).toBe(
      [
        '                 100,000 leads  1,000,000  ratio   growth',
        'first page, ms             4.5        5.4    1.2     flat',
        'nats-server, MB            300      2,900   9.67   linear',
        'a scan, ms                   2         80     40  neither',
        '2 cores, load 1.0 before, 2.3 after',
        '',
      ].join('\n'),
    );
  });
});
