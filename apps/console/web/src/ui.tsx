import { useLayoutEffect, useRef, type ReactNode } from 'react';
import type { Refused } from './api.ts';
import { Icon, type IconName } from './icons.tsx';
import { useNow } from './now.ts';
import { ago, clock, due, exact, place, wall } from './time.ts';
import { isStatus, STATUS } from './words.ts';

export function StatusBadge({ status }: { status: string | null }) {
  const known = isStatus(status) ? STATUS[status] : { says: status ?? 'Unknown', tone: 'still', mark: 'ring' };
  return (
    <span className={`badge tone-${known.tone}`}>
      <span className={`mark mark-${known.mark}`} aria-hidden="true" />
      {known.says}
    </span>
  );
}

export const Tags = ({ tags }: { tags: readonly string[] }) =>
  tags.length === 0 ? null : (
    <ul className="tags" aria-label="Tags">
      {tags.map((tag) => (
        <li key={tag}>{tag}</li>
      ))}
    </ul>
  );

/** `3 h ago`, kept up to date. */
export function Ago({ at }: { at: string }) {
  const nowMs = useNow();
  return (
    <time dateTime={at} title={exact(at)}>
      {ago(at, nowMs)}
    </time>
  );
}

/** The countdown, and below it the wall clock of the lead with its place. */
export function Due({ at, zone }: { at: string; zone: string | null }) {
  const nowMs = useNow();
  const isLate = Date.parse(at) < nowMs;
  return (
    <time dateTime={at} title={exact(at)} className="due">
      <span className={isLate ? 'late' : ''}>{due(at, nowMs)}</span>{' '}
      <span className="quiet small">
        {wall(at, zone)}
        {zone ? ` ${place(zone)}` : ''}
      </span>
    </time>
  );
}

export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="empty">
    <svg className="stream" viewBox="0 0 120 24" aria-hidden="true">
      <path d="M2 8c20 0 20 8 40 8s20-8 40-8 20 8 36 8" />
    </svg>
    <h2>{title}</h2>
    {children}
  </div>
);

/** The shape of what will be there: nothing yet is not empty. */
export const Skeleton = ({ rows = 6, label }: { rows?: number; label: string }) => (
  <div className="skeleton" role="status" aria-label={label}>
    {Array.from({ length: rows }, (_, index) => (
      <span key={index} />
    ))}
  </div>
);

export const Failed = ({ error, retry }: { error: Error; retry?: () => void }) => (
  <div className="failed" role="alert">
    <Icon name="alert" />
    <p>
      <strong>{titleOf(error)}</strong> {error.message}
    </p>
    {retry && (
      <button type="button" onClick={retry}>
        Try again
      </button>
    )}
  </div>
);

function titleOf(error: Error): string {
  const status = 'problem' in error ? (error as Refused).problem.status : 0;
  if (status === 404) return 'Not found.';
  if (status === 403) return 'Your role may not see this.';
  if (status === 503) return 'A server is away.';
  return status === 0 ? 'No answer.' : 'That did not work.';
}

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);

/** The reason for which what is asked for is late, while it is asked for again. */
export const Retrying = ({ reason }: { reason: Error | null }) =>
  reason && (
    <p className="stale" role="status">
      <Icon name="alert" /> {titleOf(reason)} {sentence(reason.message)} Trying again.
    </p>
  );

/** Data that is shown although its renewal failed. */
export const Stale = ({ error, at }: { error: Error | null; at: number }) =>
  error && (
    <p className="stale" role="status">
      <Icon name="alert" /> As it was at {clock(new Date(at).toISOString())}. {sentence(error.message)} Trying again.
    </p>
  );

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}

/** A modal of the browser's own; the first field after the title gets the focus. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed before React removes it: the browser then gives the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (!shown) return;
    shown.showModal();
    shown.querySelector<HTMLElement>('[data-body] :is(input, select, textarea, button):not(:disabled)')?.focus();
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? 'wide' : ''}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="dialog">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" className="plain" aria-label="Close" onClick={onClose}>
            <Icon name="cross" />
          </button>
        </header>
        <div data-body="">{children}</div>
      </div>
    </dialog>
  );
}

interface ActionProps {
  /** The key that does the same. */
  shortcut?: string;
  icon?: IconName;
  says: string;
  onClick: () => void;
  className?: string;
  disabled?: boolean;
}
export const Action = ({ icon, says, onClick, className = '', disabled = false, shortcut }: ActionProps) => (
  <button type="button" data-key={shortcut} className={className} onClick={onClick} disabled={disabled}>
    {icon && <Icon name={icon} />}
    {says}
  </button>
);
