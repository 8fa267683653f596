import { clock } from '../time.ts';

const [WIDTH, HEIGHT] = [240, 56];

interface BarsProps {
  label: string;
  series: readonly { at: string; count: number }[];
  /** Of `series`, in the color of what needs somebody. */
  faults?: readonly { count: number }[];
}

/** A bar a minute of the last hour; the figure above it says the same in words. */
export function Bars({ label, series, faults = [] }: BarsProps) {
  const max = Math.max(1, ...series.map(({ count }) => count));
  const width = WIDTH / Math.max(1, series.length);
  const high = (count: number) => (count === 0 ? 0 : Math.max(2, (count / max) * HEIGHT));
  return (
    <div className="bars">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {series.map(({ at, count }, index) => (
          <rect key={at} x={index * width} y={HEIGHT - high(count)} width={width * 0.72} height={high(count)}>
            <title>{`${clock(at)}: ${count}`}</title>
          </rect>
        ))}
        {faults.map(({ count }, index) => (
          <rect
            key={index}
            className="fault"
            x={index * width}
            y={HEIGHT - high(count)}
            width={width * 0.72}
            height={high(count)}
          />
        ))}
      </svg>
      <p className="quiet small">
        <span>{series[0] ? clock(series[0].at) : ''}</span>
        <span aria-hidden="true">{label}</span>
        <span>now</span>
      </p>
    </div>
  );
}
