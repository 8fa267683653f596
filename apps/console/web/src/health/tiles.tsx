import type { ReactNode } from 'react';
import type { Health } from '../../../src/live-schemas.ts';
import { span } from '../time.ts';
import { Failed, Skeleton, Stale } from '../ui.tsx';
import { plural } from '../words.ts';
import { Bars } from './bars.tsx';
import { FAULTS, figuresOf, seriesOf, useHealth } from './data.ts';

/** The last hour in four figures, counted from the log and by the broker. */
export function HealthTiles() {
  const { data, error, refetch, dataUpdatedAt } = useHealth();
  return (
    <section className="health" aria-labelledby="health">
      <h2 id="health">
        The last hour <span className="quiet small">counted from the log</span>
      </h2>
      {data ? (
        <>
          <Stale error={error} at={dataUpdatedAt} />
          <Tiles health={data} />
        </>
      ) : error ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : (
        <Skeleton rows={4} label="Loading the last hour" />
      )}
    </section>
  );
}

interface TileProps {
  name: string;
  figure: string;
  says: string;
  act?: boolean;
  children: ReactNode;
}
const Tile = ({ name, figure, says, act = false, children }: TileProps) => (
  <article className="card tile">
    <h3>{name}</h3>
    <p className={`figure ${act ? 'act' : ''}`}>{figure}</p>
    <p className="quiet small">{says}</p>
    {children}
  </article>
);

/** No calls have no share of faults. */
const share = (faults: number, calls: number): string =>
  calls === 0 ? '–' : `${((100 * faults) / calls).toLocaleString('en', { maximumFractionDigits: 1 })} %`;

const WAITING_SHOWN = 4;
/** The page of health has all of them. */
const mostWaiting = ({ consumers }: Health) =>
  consumers
    .filter(({ pending, inHand }) => pending + inHand > 0)
    .sort((a, b) => b.pending + b.inHand - a.pending - a.inHand)
    .slice(0, WAITING_SHOWN);

function Tiles({ health }: { health: Health }) {
  const { waiting, calls, faults, accepted, came, answers } = figuresOf(health);
  const { count, more, lagMs } = health.overdue;
  return (
    <div className="tiles">
      <Tile
        name="Waiting messages"
        figure={waiting.toLocaleString('en')}
        says={waiting === 0 ? 'every consumer is up to date' : 'not handled yet, by consumer'}
      >
        <ul className="depths">
          {mostWaiting(health).map(({ stream, name, pending, inHand }) => (
            <li key={`${stream} ${name}`}>
              <span>{name}</span> <span>{(pending + inHand).toLocaleString('en')}</span>
            </li>
          ))}
        </ul>
      </Tile>
      <Tile
        name="Provider’s faults"
        figure={share(faults, calls)}
        says={calls === 0 ? 'no call in this hour' : `${faults} of ${calls} calls refused or unanswered`}
        act={faults > 0}
      >
        <Bars
          label="Calls by minute"
          series={seriesOf(health, ['lead.sent', ...FAULTS])}
          faults={seriesOf(health, FAULTS)}
        />
      </Tile>
      <Tile
        name="Late leads"
        figure={`${count.toLocaleString('en')}${more ? '+' : ''}`}
        says={count === 0 ? 'every action is in time' : `the latest by ${span(lagMs)}`}
        act={count > 0}
      >
        <Bars label="Due steps by minute" series={seriesOf(health, ['lead.step-due'])} />
      </Tile>
      <Tile
        name="Mails accepted"
        figure={accepted.toLocaleString('en')}
        says={`${plural(came, 'lead')} came in, ${plural(answers, 'answer')}`}
      >
        <Bars label="Mails by minute" series={seriesOf(health, ['lead.sent'])} />
      </Tile>
    </div>
  );
}
