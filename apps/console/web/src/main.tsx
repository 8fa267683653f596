import './style.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Route, Switch } from 'wouter';
import { Refused } from './api.ts';
import { HealthPage } from './health/health.tsx';
import { NeedsYouPage } from './inbox/needs-you.tsx';
import { LeadPage } from './lead/lead.tsx';
import { ImportPage } from './leads/import.tsx';
import { LeadsPage } from './leads/leads.tsx';
import { LivePage } from './live/live.tsx';
import { ReportsPage } from './reports/reports.tsx';
import { SequencesPage } from './sequences/list.tsx';
import { SequencePage } from './sequences/sequence.tsx';
import { SettingsPage } from './settings/settings.tsx';
import { Session } from './session.tsx';
import { Shell } from './shell.tsx';
import { showScheme } from './theme.ts';
import { Empty } from './ui.tsx';

const RETRIES = 2;
/** After those, e.g. while a database starts. */
const AGAIN_MS = 10_000;
const isPassing = (error: Error | null): boolean => error instanceof Refused && error.isPassing;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => count < RETRIES && isPassing(error),
      refetchInterval: ({ state }) => (isPassing(state.error) ? AGAIN_MS : false),
      // A server on this machine answers without a network, too.
      networkMode: 'always',
      staleTime: 5_000,
      refetchOnWindowFocus: true,
    },
  },
});

const App = () => (
  <Session>
    <Shell>
      <Switch>
        <Route path="/leads" component={LeadsPage} />
        <Route path="/leads/import" component={ImportPage} />
        <Route path="/leads/:id">{({ id }) => <LeadPage key={id} id={id} />}</Route>
        <Route path="/sequences" component={SequencesPage} />
        <Route path="/sequences/:id">{({ id }) => <SequencePage key={id} id={id} />}</Route>
        <Route path="/health" component={HealthPage} />
        <Route path="/reports" component={ReportsPage} />
        <Route path="/settings" component={SettingsPage} />
        <Route path="/live" component={LivePage} />
        <Route path="/" component={NeedsYouPage} />
        <Route>
          <Empty title="There is nothing at this address" />
        </Route>
      </Switch>
    </Shell>
  </Session>
);

showScheme();
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
