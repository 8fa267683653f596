import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { Icon } from '../icons.tsx';
import { useMay } from '../me.ts';
import { Empty, Failed, Skeleton } from '../ui.tsx';
import { BYTES_MAX, importRows, preview, type Sheet } from './importing.ts';
import { Columns, Handing, Outcomes, type Handed } from './import-parts.tsx';

const TYPING_MS = 400;
const NOTHING: Handed = { state: 'asking', done: 0, of: 0, row: 0, error: undefined };

/** A CSV file becomes leads: chosen, its columns mapped, its rows judged, and then handed in. */
export function ImportPage() {
  const may = useMay('admin');
  useEffect(() => {
    document.title = 'Import · Leadstream';
  }, []);
  return (
    <>
      <nav className="crumbs" aria-label="Breadcrumb">
        <Link href="/leads">
          <Icon name="back" />
          Leads
        </Link>
      </nav>
      <header className="page-head">
        <h1>Import leads</h1>
      </header>
      {may ? (
        <Importing />
      ) : (
        <Empty title="Your role may not import">
          <p>An import mails people who are new to us: it is for administrators.</p>
        </Empty>
      )}
    </>
  );
}

function Importing() {
  const [sheet, choose] = useState<Sheet>();
  const [source, type] = useState('');
  const [round, renew] = useState(0);
  const chosen = useSettled(sheet && { ...sheet, source });
  const begin = (file: File | undefined) => {
    renew(round + 1);
    choose(file && { file, source, choices: [] });
  };
  const found = useQuery({
    queryKey: ['import', round, chosen?.source, chosen?.choices],
    queryFn: ({ signal }) => preview(chosen as Sheet, signal),
    enabled: chosen !== undefined && chosen.file.size <= BYTES_MAX,
    placeholderData: (before, query) => (query?.queryKey[1] === round ? keepPreviousData(before) : undefined),
    staleTime: Infinity,
    gcTime: 0,
  });
  const handing = useHanding(round);
  const isBusy = handing.handed.state !== 'asking';
  return (
    <div className="import">
      <Choose source={source} type={type} begin={begin} isBusy={handing.handed.state === 'giving'} />
      {sheet && sheet.file.size > BYTES_MAX && <TooLarge file={sheet.file} />}
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {sheet && found.isLoading && <Skeleton rows={6} label="Reading the file" />}
      {sheet && found.data && (
        <div aria-busy={found.isPlaceholderData} className={found.isPlaceholderData ? 'old' : ''}>
          {!isBusy && (
            <Columns
              columns={found.data.columns}
              choices={sheet.choices}
              change={(choices) => choose({ ...sheet, choices })}
            />
          )}
          {!found.error && <Outcomes preview={found.data} sheet={{ ...sheet, source }} isBusy={isBusy} />}
          {!found.error && (
            <Handing
              preview={found.data}
              handed={handing.handed}
              isReady={chosen?.source === source && chosen.choices === sheet.choices && !found.isPlaceholderData}
              give={() => void handing.give({ ...sheet, source })}
              stop={handing.stop}
            />
          )}
        </div>
      )}
    </div>
  );
}

/** The sheet once nobody has typed for a moment. */
function useSettled(sheet: Sheet | undefined): Sheet | undefined {
  const [settled, settle] = useState(sheet);
  const { file, source, choices } = sheet ?? {};
  useEffect(() => {
    const next = file && choices && { file, source: source ?? '', choices };
    const timer = setTimeout(() => settle(next), TYPING_MS);
    return () => clearTimeout(timer);
  }, [file, source, choices]);
  return sheet && settled?.file === file ? settled : undefined;
}

interface ChooseProps {
  source: string;
  type: (source: string) => void;
  begin: (file: File | undefined) => void;
  isBusy: boolean;
}

const Choose = ({ source, type, begin, isBusy }: ChooseProps) => (
  <form className="card choose-file" onSubmit={(event) => event.preventDefault()}>
    <label>
      CSV file
      <input
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        disabled={isBusy}
        aria-describedby="file-hint"
        onChange={({ target }) => begin(target.files?.[0])}
      />
      <span className="quiet small" id="file-hint">
        Its first row has the names of the columns. Commas, semicolons or tabs; up to 10 MB.
      </span>
    </label>
    <label>
      Source
      <input
        value={source}
        maxLength={200}
        disabled={isBusy}
        placeholder="trade_fair"
        autoComplete="off"
        aria-describedby="source-hint"
        onChange={({ target }) => type(target.value)}
      />
      <span className="quiet small" id="source-hint">
        Where the leads come from: it decides their sequence. For rows without a source of their own.
      </span>
    </label>
  </form>
);

const TooLarge = ({ file }: { file: File }) => (
  <p className="failed" role="alert">
    <Icon name="alert" />
    <span>
      <strong>The file has {Math.ceil(file.size / 1024 / 1024)} MB.</strong> The page takes 10 MB: split it, or import
      it by <code>leadctl leads import</code>.
    </span>
  </p>
);

/** The rows as they are handed in. Leaving the page stops; the same file again adds nothing twice. */
function useHanding(round: number) {
  const queries = useQueryClient();
  const [handed, set] = useState(NOTHING);
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => {
    set(NOTHING);
    return () => stopping.current?.abort();
  }, [round]);
  const give = async (sheet: Sheet) => {
    const { signal } = (stopping.current = new AbortController());
    let now: Handed = { ...handed, state: 'giving', error: undefined };
    const { done: before } = now;
    set(now);
    try {
      for await (const line of importRows(sheet, now.row, signal)) {
        if (line.kind === 'begun') now = { ...now, of: before + line.rows };
        if (line.kind === 'stored') now = { ...now, done: before + line.done, row: line.row };
        if (line.kind === 'ended')
          now = { ...now, state: line.isWhole ? 'done' : 'stopped', error: line.fault ?? undefined };
        set(now);
      }
      if (now.state === 'giving') set({ ...now, state: 'stopped', error: 'The connection has ended.' });
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause);
      set({ ...now, state: 'stopped', error: signal.aborted ? undefined : error });
    }
    for (const name of ['leads', 'count']) void queries.invalidateQueries({ queryKey: [name] });
  };
  return { handed, give, stop: () => stopping.current?.abort() };
}
