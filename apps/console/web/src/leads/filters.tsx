import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Row } from '../../../src/list-schemas.ts';
import { Icon } from '../icons.tsx';
import { VIEWS } from '../words.ts';
import { useSequences } from './data.ts';
import { addressOf, type Filter } from './filter.ts';

/** Between two letters of a search, before it is asked for. */
const TYPING_MS = 200;

export const Views = ({ filter }: { filter: Filter }) => (
  <nav className="views" aria-label="Views">
    {VIEWS.map((view) => (
      <Link
        key={view.id}
        href={addressOf(filter, { view })}
        aria-current={view.id === filter.view.id ? 'page' : undefined}
      >
        {view.says}
      </Link>
    ))}
  </nav>
);

export function Filters({ filter, leads }: { filter: Filter; leads: readonly Row[] }) {
  const [, navigate] = useLocation();
  const { data } = useSequences();
  const sequences = data?.sequences.filter(({ steps }) => steps.length > 0) ?? [];
  const tags = [...new Set([filter.tag, ...leads.flatMap((lead) => lead.tags)])].filter(Boolean).sort();
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <Search filter={filter} />
      <label className="choice">
        <span>Sequence</span>
        <select
          value={filter.sequence}
          onChange={({ target }) => navigate(addressOf(filter, { sequence: target.value }), { replace: true })}
        >
          <option value="">any</option>
          {sequences.map(({ id, name }) => (
            <option key={id} value={id}>
              {name ?? id}
            </option>
          ))}
          {filter.sequence && !sequences.some(({ id }) => id === filter.sequence) && (
            <option value={filter.sequence}>{filter.sequence}</option>
          )}
        </select>
      </label>
      <label className="choice">
        <span>Tag</span>
        <select
          value={filter.tag}
          onChange={({ target }) => navigate(addressOf(filter, { tag: target.value }), { replace: true })}
        >
          <option value="">any</option>
          {tags.map((tag) => (
            <option key={tag}>{tag}</option>
          ))}
        </select>
      </label>
    </form>
  );
}

function Search({ filter }: { filter: Filter }) {
  const [, navigate] = useLocation();
  const [typed, type] = useState(filter.q);
  const asked = useRef(filter.q);
  useEffect(() => {
    // The address has changed by another way, e.g. Back.
    if (filter.q !== asked.current) {
      asked.current = filter.q;
      type(filter.q);
    }
  }, [filter.q]);
  useEffect(() => {
    if (typed.trim() === asked.current) return;
    const timer = setTimeout(() => {
      asked.current = typed.trim();
      navigate(addressOf(filter, { q: typed.trim() }), { replace: true });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, filter, navigate]);
  return (
    <label className="search">
      <Icon name="find" />
      <input
        type="search"
        aria-label="Find by name, address or phone"
        placeholder="Name, address or phone"
        value={typed}
        maxLength={200}
        data-key="/"
        onChange={({ target }) => type(target.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
