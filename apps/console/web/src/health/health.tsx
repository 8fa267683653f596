import { useEffect } from 'react';
import type { Health } from '../../../src/live-schemas.ts';
import { toldOf } from '../events.ts';
import { Bars } from './bars.tsx';
import { seriesOf, useHealth } from './data.ts';
import { MonitoringSections } from './monitoring.tsx';
import { HealthTiles } from './tiles.tsx';

export function HealthPage() {
  const { data } = useHealth();
  useEffect(() => {
    document.title = 'Health · Leadstream';
  }, []);
  return (
    <>
      <h1>Health</h1>
      <MonitoringSections />
      <HealthTiles />
      {data && <Consumers health={data} />}
      {data && <Types health={data} />}
    </>
  );
}

const Consumers = ({ health: { consumers } }: { health: Health }) => (
  <section aria-labelledby="consumers">
    <h2 id="consumers">Consumers</h2>
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">Consumer</th>
          <th scope="col">Stream</th>
          <th scope="col">Not delivered</th>
          <th scope="col">In hand</th>
        </tr>
      </thead>
      <tbody>
        {consumers.map(({ stream, name, pending, inHand }) => (
          <tr key={`${stream} ${name}`}>
            <th scope="row">{name}</th>
            <td>{stream}</td>
            <td>{pending.toLocaleString('en')}</td>
            <td>{inHand.toLocaleString('en')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

/** Each type of event that came in the hour, the most frequent first. */
function Types({ health }: { health: Health }) {
  const types = Object.entries(health.totals).sort(([, a], [, b]) => b - a);
  return (
    <section aria-labelledby="types">
      <h2 id="types">Events</h2>
      {types.length === 0 && <p className="quiet">None in the last hour.</p>}
      <ul className="types">
        {types.map(([type, count]) => (
          <li key={type}>
            <span>{toldOf(type).says}</span>
            <Bars label={`${toldOf(type).says} by minute`} series={seriesOf(health, [type])} />
            <strong>{count.toLocaleString('en')}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}
