import { useQuery } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import type { Settings } from '../../../src/settings-schemas.ts';
import { ask } from '../api.ts';
import { Ago, Failed, Skeleton, Stale } from '../ui.tsx';
import { titled, visible } from '../words.ts';
import { Services } from './services.tsx';

export function SettingsPage() {
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => ask<Settings>('/v1/settings', { signal }),
    refetchInterval: 60_000,
  });
  useEffect(() => {
    document.title = 'Settings · Leadstream';
  }, []);
  return (
    <>
      <h1>Settings</h1>
      <p className="quiet">
        What is in force now. It is changed where it comes from: the environment of the services, or the folders that
        are deployed.
      </p>
      {data ? (
        <>
          <Stale error={error} at={dataUpdatedAt} />
          <Whole settings={data} />
        </>
      ) : error ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : (
        <Skeleton rows={10} label="Loading the settings" />
      )}
    </>
  );
}

interface PartProps {
  title: string;
  from: string;
  children: ReactNode;
}
const Part = ({ title, from, children }: PartProps) => (
  <section className="report" aria-label={title}>
    <h2>{title}</h2>
    <p className="quiet small">{from}</p>
    {children}
  </section>
);

const Whole = ({ settings }: { settings: Settings }) => (
  <>
    <Provider provider={settings.provider} />
    <Part title="Hours and holidays" from="From the environment; a sequence can have hours of its own">
      <Variables settings={settings} group="hours" />
      <Holidays holidays={settings.holidays} />
    </Part>
    <Part
      title="Form services"
      from={`From the folder ${settings.intake.folder} (INTAKE_DIR), which ingest reads, too`}
    >
      <Services intake={settings.intake} />
      <Variables settings={settings} group="data" />
    </Part>
    <Part
      title="Routes"
      from="From routes.yaml in the folder of sequences: leadctl sequences deploy. The first that matches counts"
    >
      <Routes routes={settings.routes} />
    </Part>
    <Part title="Reps" from="From reps.yaml in the folder of sequences: leadctl sequences deploy">
      <Reps reps={settings.reps} />
    </Part>
    <Part title="Mails that are shown again" from="From the environment: the sender has the same">
      <Variables settings={settings} group="mails" />
    </Part>
    <Part title="This console" from="From the environment">
      <Variables settings={settings} group="console" />
    </Part>
  </>
);

const Scrolls = ({ label, heads, children }: { label: string; heads: readonly string[]; children: ReactNode }) => (
  <div className="scrolls" role="region" aria-label={label} tabIndex={0}>
    <table className="plain-table">
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);

function Variables({ settings, group }: { settings: Settings; group: Settings['variables'][number]['group'] }) {
  return (
    <dl className="variables">
      {settings.variables
        .filter((variable) => variable.group === group)
        .map(({ name, value, from, says }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
              <span className="quiet small">{says.replaceAll('`', '')}</span>
            </dt>
            <dd>
              {value === null ? <span className="quiet">not set</span> : <strong>{visible(value)}</strong>}
              <small> {from === 'default' ? 'default' : 'environment'}</small>
            </dd>
          </div>
        ))}
    </dl>
  );
}

const Holidays = ({ holidays: { country, days } }: Pick<Settings, 'holidays'>) => (
  <p>
    {days.length === 0
      ? `No holiday is known for ${country}: mails go on every working day.`
      : `The next holidays in ${country}: ${days.map(dated).join(', ')}.`}
  </p>
);
const dated = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(day),
  );

const NAMES: Readonly<Record<string, string>> = { sendgrid: 'SendGrid', ses: 'Amazon SES', smtp: 'SMTP' };

function Provider({ provider: { name, account, history, webhooks } }: Pick<Settings, 'provider'>) {
  return (
    <Part
      title="Mail provider"
      from="From the environment (ESP); leadctl doctor asks the provider whether it takes its key"
    >
      <dl className="variables">
        <div>
          <dt>Sends by</dt>
          <dd>
            <strong>{NAMES[name] ?? titled(name)}</strong>
          </dd>
        </div>
        <div>
          <dt>Account</dt>
          <dd>
            <Account account={account} />
          </dd>
        </div>
        {history.map(({ at, says }, index) => (
          <div key={`${at} ${says}`}>
            <dt>{index === 0 ? 'Its last changes' : ''}</dt>
            <dd>
              <Ago at={at} /> {visible(says)}
            </dd>
          </div>
        ))}
        {webhooks.map(({ kind, at }) => (
          <div key={kind}>
            <dt>
              {kind === 'events' ? 'Webhook of events' : 'Webhook of answers'}
              <span className="quiet small">
                inbound, <code>{`/v1/${name}/${kind}${kind === 'inbound' ? '/<secret>' : ''}`}</code>
              </span>
            </dt>
            <dd>
              {at ? (
                <>
                  the last one came <Ago at={at} />
                </>
              ) : (
                <span className="quiet">none is in the log</span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Part>
  );
}

function Account({ account }: Pick<Settings['provider'], 'account'>) {
  if (!account) return <span className="late">NATS gives no answer</span>;
  const { paused, callsToday } = account;
  return (
    <>
      {paused ? (
        <strong className="late">
          paused by {visible(paused.by)}: {visible(paused.why)}
        </strong>
      ) : (
        <strong>sends</strong>
      )}
      <small> {callsToday.toLocaleString('en')} calls today (UTC)</small>
    </>
  );
}

const Routes = ({ routes }: Pick<Settings, 'routes'>) =>
  routes.length === 0 ? (
    <p className="quiet">None is deployed: triage waits for them.</p>
  ) : (
    <Scrolls label="Routes in their order" heads={['Source', 'Tag', 'Sequence']}>
      {routes.map(({ sources, tag, sequence }) => (
        <tr key={`${sources.join()} ${tag}`}>
          <th scope="row">{sources.join(', ')}</th>
          <td>{tag}</td>
          <td>{sequence === null ? <span className="late">none begins by it</span> : titled(sequence)}</td>
        </tr>
      ))}
    </Scrolls>
  );

const Reps = ({ reps }: Pick<Settings, 'reps'>) =>
  reps.length === 0 ? (
    <p className="quiet">None is deployed.</p>
  ) : (
    <Scrolls label="Our reps" heads={['Name', 'Id', 'Address', 'Countries']}>
      {reps.map(({ id, name, email, countries }) => (
        <tr key={id}>
          <th scope="row">{visible(name)}</th>
          <td>{id}</td>
          <td>{visible(email)}</td>
          <td>{countries?.join(', ') ?? 'all others'}</td>
        </tr>
      ))}
    </Scrolls>
  );
