import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useMay } from '../me.ts';
import { keep } from './store.ts';
import { follow, type Heard } from './stream.ts';

/** At most so often are shown data asked for again, however fast events come. */
const RENEW_MS = 1_000;

/** Renews what is shown when the log says that it has changed. */
export function useStreaming(): void {
  const queries = useQueryClient();
  const may = useMay('read');
  useEffect(() => {
    if (!may) return undefined;
    const renew = renewing(queries);
    return follow((heard) => {
      keep(heard);
      renew(heard);
    });
  }, [queries, may]);
}

function renewing(queries: QueryClient): (heard: Heard) => void {
  const leads = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const renew = () => {
    timer = undefined;
    for (const id of leads) void queries.invalidateQueries({ queryKey: ['lead', id, 'now'] });
    leads.clear();
    void queries.invalidateQueries({ queryKey: ['needs-you'] });
  };
  return (heard) => {
    if (heard.kind === 'state') return;
    if (heard.kind === 'event') leads.add(heard.event.leadId);
    else void queries.invalidateQueries();
    timer ??= setTimeout(renew, RENEW_MS);
  };
}
