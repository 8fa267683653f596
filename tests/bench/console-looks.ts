import type { Page } from 'playwright-core';
import { nameOf } from './console-leads.ts';

export interface Times {
  p50: number;
  p99: number;
}
const QUESTIONS = ['first page', 'count', 'next page', 'search', 'filter', 'lead'] as const;
type Question = (typeof QUESTIONS)[number];
export type Looks = Record<Question, Times>;

/** Each question once a round, as an operator asks it: from the press of a key to what is shown, in milliseconds. */
export async function looks(page: Page, url: string, rounds: number): Promise<Looks> {
  const all = Object.fromEntries(QUESTIONS.map((question) => [question, [] as number[]])) as Record<Question, number[]>;
  for (let round = 0; round <= rounds; round++) {
    const took = await look(page, url, round);
    // The first round warms the browser and the database up.
    if (round > 0) for (const question of QUESTIONS) all[question].push(took[question]);
  }
  return Object.fromEntries(QUESTIONS.map((question) => [question, spread(all[question])])) as Looks;
}

async function look(page: Page, url: string, round: number): Promise<Record<Question, number>> {
  const rows = page.locator('.leads tbody tr');
  const opened = await opening(page, url);
  const nextPage = await timed(async () => {
    await page.keyboard.press('n');
    await page.waitForURL(/after=/);
    await settled(page);
  });
  const found = nameOf(round * 9);
  const search = await timed(async () => {
    await page.getByRole('searchbox').fill(found);
    const link = rows.first().getByRole('link', { name: new RegExp(`^${found}$`) });
    await link.waitFor();
  });
  await page.getByRole('searchbox').fill('');
  await page.waitForURL((address) => !address.searchParams.has('q'));
  const filter = await timed(async () => {
    await page.getByRole('link', { name: 'Answered', exact: true }).click();
    await page.waitForURL(/view=answered/);
    await settled(page);
  });
  await page.getByRole('link', { name: 'All', exact: true }).click();
  await settled(page);
  const link = rows.nth(round % 40).getByRole('link');
  const lead = await timed(async () => {
    await link.first().click();
    await page.getByText('What happened').waitFor();
  });
  return { ...opened, 'next page': nextPage, search, filter, lead };
}

/** The list from an empty tab; its count comes in the same load. */
async function opening(page: Page, url: string): Promise<Record<'first page' | 'count', number>> {
  await page.goto('about:blank');
  const startMs = performance.now();
  await page.goto(`${url}/leads`, { waitUntil: 'commit' });
  await page.locator('.leads tbody tr').first().waitFor();
  const firstPage = performance.now() - startMs;
  await page.locator('h1 .count').waitFor();
  return { 'first page': firstPage, count: performance.now() - startMs };
}

const settled = (page: Page): Promise<void> => page.locator('[aria-busy=false] .leads').waitFor();

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await ask();
  return performance.now() - startMs;
}

const spread = (all: readonly number[]): Times => {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
};
