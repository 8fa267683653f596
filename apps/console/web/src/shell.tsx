import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { post } from './api.ts';
import { Brand } from './brand.tsx';
import { Help } from './help.tsx';
import { Icon, type IconName } from './icons.tsx';
import { countOf, useNeedsYou } from './inbox/data.ts';
import { useStreaming } from './live/streaming.ts';
import { useKeys } from './keys.ts';
import { useMe } from './me.ts';
import { Palette } from './palette.tsx';
import { Menu } from './menu.tsx';
import { PLACES, type PlaceOf } from './places.ts';
import { SCHEMES, scheme, setScheme, type Scheme } from './theme.ts';
import { Toast } from './toast.tsx';

export function Shell({ children }: { children: ReactNode }) {
  useStreaming();
  const [opened, open] = useState<'find' | 'help'>();
  const close = () => open(undefined);
  useKeys(useMemo(() => ({ find: () => open('find'), help: () => open('help') }), []));
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="side">
        <div className="top">
          <Link href="/" className="home" aria-label="Leadstream">
            <Brand />
          </Link>
          <Environment />
        </div>
        <button type="button" className="find" onClick={() => open('find')}>
          <Icon name="find" />
          <span>Find</span>
          <kbd aria-hidden="true">{/Mac|iPhone/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
        <nav aria-label="Main">
          {PLACES.map((place) => (
            <Place key={place.path} {...place} />
          ))}
          <RarePlaces />
        </nav>
        <Signed />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {opened === 'find' && <Palette onClose={close} />}
      {opened === 'help' && <Help onClose={close} />}
      <Toast />
    </div>
  );
}

const isAt = (location: string, { path }: PlaceOf): boolean =>
  path === '/' ? location === '/' : location.startsWith(path);

function Place(place: PlaceOf) {
  const [location] = useLocation();
  const { path, says, icon, isRare } = place;
  return (
    <Link href={path} className={isRare ? 'rare' : ''} aria-current={isAt(location, place) ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{says}</span>
      {path === '/' && <Waiting />}
    </Link>
  );
}

/** On a phone, where the bar has room for five. */
function RarePlaces() {
  const [location, navigate] = useLocation();
  const rare = PLACES.filter(({ isRare }) => isRare);
  return (
    <div className={`more-places ${rare.some((place) => isAt(location, place)) ? 'here' : ''}`}>
      <Menu label="More pages" icon="more" says="More">
        {rare.map(({ path, says, icon }) => (
          <button key={path} type="button" role="menuitem" tabIndex={-1} onClick={() => navigate(path)}>
            <Icon name={icon} /> {says}
          </button>
        ))}
      </Menu>
    </div>
  );
}

function Waiting() {
  const { data } = useNeedsYou();
  const { count, more } = data ? countOf(data) : { count: 0, more: false };
  return count === 0 ? null : (
    <span className="badge-count">
      {count}
      {more ? '+' : ''}
    </span>
  );
}

/** Always in sight: a command on the wrong installation cannot be taken back. */
function Environment() {
  const { label, delayScale } = useMe();
  const text = label ?? (delayScale < 1 ? 'test clock' : null);
  return text && <span className="environment">{text}</span>;
}

const SCHEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const satisfies Record<Scheme, IconName>;

function SchemeButton() {
  const [chosen, choose] = useState(scheme);
  const next = SCHEMES[(SCHEMES.indexOf(chosen) + 1) % SCHEMES.length] ?? 'auto';
  return (
    <button
      type="button"
      className="plain"
      aria-label={`Colors: ${chosen}. Change to ${next}`}
      title={`Colors: ${chosen}`}
      onClick={() => {
        setScheme(next);
        choose(next);
      }}
    >
      <Icon name={SCHEME_ICONS[chosen]} />
    </button>
  );
}

const ROLES = {
  command: 'may give commands',
  view: 'may read',
  operate: 'may read and give commands',
  admin: 'may do everything',
} as const satisfies Record<ReturnType<typeof useMe>['role'], string>;

function Signed() {
  const { by, role, via, badge } = useMe();
  const queries = useQueryClient();
  return (
    <div className="signed">
      <span className="break">{by}</span>
      <small>{badge ?? ROLES[role]}</small>
      <SchemeButton />
      {via === 'session' && (
        <button
          type="button"
          className="plain"
          aria-label="Sign out"
          title="Sign out"
          onClick={() => void post('/v1/session/end', null).then(() => queries.resetQueries())}
        >
          <Icon name="out" />
        </button>
      )}
    </div>
  );
}
