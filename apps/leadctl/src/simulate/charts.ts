import { escapeHtml } from '@leadstream/sequences/render-markdown';

/** Charts as SVG without scripts, fonts or colors of their own: the page's style sheet has those. */

const BAR = { height: 180, bottom: 22, left: 36, step: 22 };

export interface Bar {
  name: string;
  /** Under the axis; empty: none. */
  label: string;
  toLeads: number;
  toReps: number;
  isWeekend: boolean;
}

/** Stacked bars, one a day. */
export function dayChart(title: string, bars: readonly Bar[]): string {
  const max = Math.max(1, ...bars.map(({ toLeads, toReps }) => toLeads + toReps));
  const width = BAR.left + bars.length * BAR.step;
  const high = (count: number): number => round((count / max) * (BAR.height - 10));
  const marks = bars.map(({ name, label, toLeads, toReps, isWeekend }, index) => {
    const x = BAR.left + index * BAR.step;
    const [leads, reps] = [high(toLeads), high(toReps)];
    return (
      (isWeekend ? rect('weekend', x, 0, BAR.step, BAR.height) : '') +
      `<g><title>${escapeHtml(`${name}: ${toLeads} to leads, ${toReps} to reps`)}</title>` +
      rect('leads', x + 3, BAR.height - leads, BAR.step - 6, leads) +
      rect('reps', x + 3, BAR.height - leads - reps, BAR.step - 6, reps) +
      `</g>${label ? text(x + BAR.step / 2, BAR.height + 15, label, 'middle') : ''}`
    );
  });
  return svg(title, width, BAR.height + BAR.bottom, dayAxis(max, width) + marks.join(''));
}

/** Two bars a day side by side. */
export function pairChart(
  title: string,
  bars: readonly { name: string; label: string; first: number; second: number }[],
) {
  const max = Math.max(1, ...bars.flatMap(({ first, second }) => [first, second]));
  const width = BAR.left + bars.length * BAR.step;
  const high = (count: number): number => round((count / max) * (BAR.height - 10));
  const marks = bars.map(({ name, label, first, second }, index) => {
    const x = BAR.left + index * BAR.step;
    const half = BAR.step / 2 - 2;
    return (
      `<g><title>${escapeHtml(`${name}: ${first} unchanged, ${second} changed`)}</title>` +
      rect('leads', x + 2, BAR.height - high(first), half, high(first)) +
      rect('reps', x + 2 + half, BAR.height - high(second), half, high(second)) +
      `</g>${label ? text(x + BAR.step / 2, BAR.height + 15, label, 'middle') : ''}`
    );
  });
  return svg(title, width, BAR.height + BAR.bottom, dayAxis(max, width) + marks.join(''));
}

const dayAxis = (max: number, width: number): string =>
  text(BAR.left - 4, 12, String(max), 'end') +
  text(BAR.left - 4, BAR.height, '0', 'end') +
  `<line x1="${BAR.left}" x2="${width}" y1="${BAR.height}" y2="${BAR.height}"/>`;

const CELL = { width: 22, height: 12, left: 36, bottom: 20 };

/** Days by hours; the darker, the more mails. `counts[day][hour]`. */
export function hourChart(title: string, days: readonly { name: string; label: string; hours: readonly number[] }[]) {
  const max = Math.max(1, ...days.flatMap(({ hours }) => hours));
  const cells = days.flatMap(({ name, label, hours }, day) => [
    ...hours.map((count, hour) =>
      count === 0
        ? ''
        : `<rect class="leads" x="${CELL.left + day * CELL.width}" y="${hour * CELL.height}" ` +
          `width="${CELL.width - 1}" ` +
          `height="${CELL.height - 1}" fill-opacity="${round(0.15 + (0.85 * count) / max)}">` +
          `<title>${escapeHtml(`${name} ${String(hour).padStart(2, '0')}:00: ${count}`)}</title></rect>`,
    ),
    label ? text(CELL.left + (day + 0.5) * CELL.width, 24 * CELL.height + 15, label, 'middle') : '',
  ]);
  const axis = [0, 6, 12, 18].map((hour) =>
    text(CELL.left - 4, hour * CELL.height + 10, `${String(hour).padStart(2, '0')}:00`, 'end'),
  );
  return svg(title, CELL.left + days.length * CELL.width, 24 * CELL.height + CELL.bottom, [...axis, ...cells].join(''));
}

/** The 24 hours of a zone's own clock. */
export function clockChart(title: string, byHour: readonly number[]): string {
  const max = Math.max(1, ...byHour);
  const bars = byHour.map((count, hour) => {
    const high = round((count / max) * 60);
    return (
      `<g><title>${String(hour).padStart(2, '0')}:00: ${count}</title>` +
      `${rect('leads', hour * 10 + 1, 60 - high, 8, high)}</g>`
    );
  });
  return svg(title, 240, 78, clockAxis() + bars.join(''));
}

const clockAxis = (): string =>
  '<line x1="0" x2="240" y1="60" y2="60"/>' +
  [0, 6, 12, 18].map((hour) => text(hour * 10, 74, `${String(hour).padStart(2, '0')}:00`, 'start')).join('');

/** The 24 hours of a zone's own clock, twice. */
export function clockPairChart(title: string, first: readonly number[], second: readonly number[]): string {
  const max = Math.max(1, ...first, ...second);
  const high = (count: number): number => round((count / max) * 60);
  const bars = first.map((count, hour) => {
    const other = second[hour] ?? 0;
    return (
      `<g><title>${String(hour).padStart(2, '0')}:00: ${count} unchanged, ${other} changed</title>` +
      rect('leads', hour * 10 + 1, 60 - high(count), 4, high(count)) +
      `${rect('reps', hour * 10 + 5, 60 - high(other), 4, high(other))}</g>`
    );
  });
  return svg(title, 240, 78, clockAxis() + bars.join(''));
}

const svg = (title: string, width: number, height: number, content: string): string =>
  `<svg role="img" aria-label="${escapeHtml(title)}" viewBox="0 0 ${width} ${height}" ` +
  `width="${width}" height="${height}">` +
  `${content}</svg>`;

const rect = (name: string, x: number, y: number, width: number, height: number): string =>
  height <= 0
    ? ''
    : `<rect class="${name}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;

const text = (x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${round(x)}" y="${y}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;

const round = (value: number): number => Math.round(value * 100) / 100;
