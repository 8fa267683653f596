import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useId, useState, type KeyboardEvent } from 'react';
import { useLocation } from 'wouter';
import type { Page, Row } from '../../src/list-schemas.ts';
import { ask } from './api.ts';
import { Icon, type IconName } from './icons.tsx';
import { nameOf } from './leads/table.tsx';
import { PLACES } from './places.ts';
import { Dialog, StatusBadge } from './ui.tsx';
import { visible } from './words.ts';

const FOUND_MAX = 8;

interface Found {
  path: string;
  says: string;
  more: string;
  icon: IconName;
  status?: string | null;
}

/** Finds a page or a lead by its beginning; a combobox with a list (ARIA APG). */
export function Palette({ onClose }: { onClose: () => void }) {
  const [, navigate] = useLocation();
  const [typed, type] = useState('');
  const [at, moveTo] = useState(0);
  const list = useId();
  const found = useFound(typed.trim());
  const chosen = Math.min(at, found.length - 1);
  const go = (one: Found | undefined) => {
    if (!one) return;
    onClose();
    navigate(one.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') go(found[chosen]);
    else if (event.key === 'ArrowDown') moveTo((chosen + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') moveTo((chosen - 1 + found.length) % Math.max(1, found.length));
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Find" onClose={onClose}>
      <input
        role="combobox"
        aria-label="A page, or the beginning of a name, an address or a phone number"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={found.length > 0 ? `${list}-${chosen}` : undefined}
        placeholder="A page, a name, an address, a phone number"
        autoComplete="off"
        value={typed}
        onKeyDown={onKeyDown}
        onChange={({ target }) => {
          type(target.value);
          moveTo(0);
        }}
      />
      <Options id={list} found={found} chosen={chosen} moveTo={moveTo} go={go} />
      <p className="quiet small" role="status">
        {found.length === 0 ? 'Nothing begins like that.' : ''}
      </p>
    </Dialog>
  );
}

interface OptionsProps {
  id: string;
  found: readonly Found[];
  chosen: number;
  moveTo: (index: number) => void;
  go: (one: Found) => void;
}

const Options = ({ id, found, chosen, moveTo, go }: OptionsProps) => (
  <ul id={id} role="listbox" aria-label="Found" className="found">
    {found.map((one, index) => (
      <li
        key={one.path}
        id={`${id}-${index}`}
        role="option"
        aria-selected={index === chosen}
        onClick={() => go(one)}
        onPointerMove={() => moveTo(index)}
      >
        <Icon name={one.icon} />
        <span className="break">
          {one.says} <span className="quiet small">{one.more}</span>
        </span>
        {one.status !== undefined && <StatusBadge status={one.status} />}
      </li>
    ))}
  </ul>
);

function useFound(typed: string): Found[] {
  const { data, isPlaceholderData } = useQuery({
    queryKey: ['find', typed],
    queryFn: ({ signal }) =>
      ask<Page>(`/v1/leads?${new URLSearchParams({ q: typed, limit: String(FOUND_MAX) }).toString()}`, { signal }),
    enabled: typed !== '',
    placeholderData: keepPreviousData,
  });
  const pages = PLACES.filter(({ says }) => says.toLowerCase().includes(typed.toLowerCase())).map((place): Found => ({
    ...place,
    more: '',
  }));
  // The answer to fewer letters is still shown: Enter must not choose a lead that the letters since rule out.
  const isLike = (lead: Row) => `${nameOf(lead)} ${lead.email ?? ''}`.toLowerCase().includes(typed.toLowerCase());
  const leads = typed === '' ? [] : (data?.leads ?? []).filter((lead) => !isPlaceholderData || isLike(lead));
  return [
    ...leads.map((lead): Found => ({
      path: `/leads/${lead.id}`,
      says: nameOf(lead),
      more: visible(lead.email ?? ''),
      icon: 'person',
      status: lead.status,
    })),
    ...pages,
  ];
}
