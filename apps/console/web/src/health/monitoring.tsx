import { useQuery } from '@tanstack/react-query';
import type { Monitoring } from '../../../src/monitoring-schemas.ts';
import { ask } from '../api.ts';
import { Ago, Failed } from '../ui.tsx';

const RENEWED_MS = 30_000;

type Shown = NonNullable<Monitoring>;

/** What Prometheus says; nothing where the console knows none. */
export function MonitoringSections() {
  const { data, error, refetch } = useQuery({
    queryKey: ['monitoring'],
    queryFn: ({ signal }) => ask<Monitoring>('/v1/monitoring', { signal }),
    refetchInterval: RENEWED_MS,
  });
  // An old answer would hide an alert that has begun since.
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return null;
  return (
    <>
      <Alerts alerts={data.alerts} />
      {data.canary.length > 0 && <Canary rounds={data.canary} />}
    </>
  );
}

const Alerts = ({ alerts }: { alerts: Shown['alerts'] }) => (
  <section className="monitored" aria-labelledby="alerts">
    <h2 id="alerts">Alerts</h2>
    {alerts.length === 0 && <p className="quiet">None fires.</p>}
    <ul className="alerts">
      {alerts.map(({ name, severity, says, about, since, runbook }) => (
        <li key={`${name} ${about.join()}`}>
          <p>
            <span className={`badge ${severity === 'page' ? 'tone-act' : ''}`}>{severity}</span> <strong>{name}</strong>
            {` ${says}`}
          </p>
          <p className="quiet small">
            fires since <Ago at={since} />
            {about.length > 0 && ` · ${about.join(', ')}`}
            {runbook && (
              <>
                {' · '}
                <code className="break">{runbook}</code>
              </>
            )}
          </p>
        </li>
      ))}
    </ul>
  </section>
);

const KINDS: Record<Shown['canary'][number]['kind'], string> = {
  silent: 'Gets both mails',
  answering: 'Answers the first mail',
};
const TONES: Record<Shown['canary'][number]['result'], string> = { passed: 'good', late: 'act', broken: 'act' };

const Canary = ({ rounds }: { rounds: Shown['canary'] }) => (
  <section className="monitored" aria-labelledby="canary">
    <h2 id="canary">
      Canary <span className="quiet small">leads that prove the whole way</span>
    </h2>
    <ul className="alerts">
      {rounds.map(({ kind, result, stage, trace, failures, passedAt, stages }) => (
        <li key={kind}>
          <p>
            <span className={`badge tone-${TONES[result]}`}>{result}</span> <strong>{KINDS[kind]}</strong>{' '}
            {stage && (
              <>
                at <code>{stage}</code>
              </>
            )}
            {failures > 1 && `, ${failures} times in a row`}
          </p>
          <p className="quiet small">
            {passedAt ? (
              <>
                passed <Ago at={passedAt} />
              </>
            ) : (
              'has not passed lately'
            )}
            {trace && (
              <>
                {' · trace '}
                <code className="break">{trace}</code>
              </>
            )}
          </p>
          <p className="small">
            {stages.map(({ stage: one, mail, seconds }) => `${one} ${mail} ${seconds.toFixed(1)} s`).join(' · ')}
          </p>
        </li>
      ))}
    </ul>
  </section>
);
