import { expect, it } from '@jest/globals';
import { chance } from './chance.ts';
import { drawCrowd } from './crowd.ts';

it('the same seed creates the same people, another one others', () => {
  expect(drawCrowd(1, 20, 10)).toEqual(drawCrowd(1, 20, 10));
  expect(drawCrowd(2, 20, 10).map(({ reaction }) => reaction)).not.toEqual(
    drawCrowd(1, 20, 10).map(({ reaction }) => reaction),
  );
});

it('some answer, some bounce, and some come twice', () => {
  const crowd = drawCrowd(1, 200, 10);
  expect(new Set(crowd.map(({ reaction }) => reaction))).toEqual(
    new Set(['none', 'reply', 'bounce', 'spamreport', 'unsubscribe']),
  );
  expect(crowd.filter(({ submissions }) => submissions.length === 2).length).toBeGreaterThan(10);
});

it('chance keeps to the weights and the bounds', () => {
  const { pick, between } = chance(1, 'test');
  const picked = Array.from({ length: 1_000 }, () =>
    pick([
      ['often', 9],
      ['seldom', 1],
    ]),
  ).filter((one) => one === 'seldom').length;
  expect(picked).toBeGreaterThan(50);
  expect(picked).toBeLessThan(150);
  expect(Array.from({ length: 1_000 }, () => between(2, 3)).every((drawn) => drawn >= 2 && drawn < 3)).toBe(true);
});
