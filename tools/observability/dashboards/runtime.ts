import type { Dashboard } from './panel.ts';

const OURS = 'app=~"$app"';
const POD = '{{app}} {{instance}}';

export const runtime: Dashboard = {
  title: 'Leadstream: runtime',
  about: 'Processes: memory, the event loop, CPU, restarts.',
  variable: { name: 'app', label: 'Service', values: 'label_values(leadstream_build_info, app)' },
  rows: [
    {
      title: '',
      panels: [
        {
          title: 'Processes',
          about: 'By service and version: two versions are a roll-out.',
          kind: 'lines',
          unit: 'short',
          width: 12,
          queries: [{ expr: `sum by (app, version) (leadstream_build_info{${OURS}})`, legend: '{{app}} {{version}}' }],
        },
        {
          title: 'Age of a process',
          about: 'A saw is a process that ends again and again.',
          kind: 'lines',
          unit: 's',
          width: 12,
          queries: [{ expr: `time() - process_start_time_seconds{${OURS}}`, legend: POD }],
        },
        {
          title: 'Event loop, p99 of its delay',
          about: 'Above 0.1 s a process has too much to do for one core.',
          kind: 'lines',
          unit: 's',
          limit: 0.1,
          width: 12,
          queries: [{ expr: `nodejs_eventloop_lag_p99_seconds{${OURS}}`, legend: POD }],
        },
        {
          title: 'CPU',
          about: 'Cores in use.',
          kind: 'lines',
          unit: 'short',
          width: 12,
          queries: [{ expr: `rate(process_cpu_seconds_total{${OURS}}[$__rate_interval])`, legend: POD }],
        },
        {
          title: 'Memory',
          about: 'Resident, as the limit of a pod counts it.',
          kind: 'lines',
          unit: 'bytes',
          width: 12,
          queries: [{ expr: `process_resident_memory_bytes{${OURS}}`, legend: POD }],
        },
        {
          title: 'Heap',
          about: 'In use, after and between collections.',
          kind: 'lines',
          unit: 'bytes',
          width: 12,
          queries: [{ expr: `nodejs_heap_size_used_bytes{${OURS}}`, legend: POD }],
        },
        {
          title: 'Requests',
          about: 'By route and status.',
          kind: 'stacked',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expr: `sum by (route, code) (rate(leadstream_http_requests_total{${OURS}}[$__rate_interval])) > 0`,
              legend: '{{route}} {{code}}',
            },
          ],
        },
        {
          title: 'Bytes of request bodies in memory',
          about: 'A flood shows here before it shows elsewhere.',
          kind: 'lines',
          unit: 'bytes',
          width: 12,
          queries: [{ expr: `leadstream_http_held_bytes{${OURS}}`, legend: POD }],
        },
      ],
    },
  ],
};
