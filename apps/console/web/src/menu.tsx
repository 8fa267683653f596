import { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';

interface MenuProps {
  label: string;
  icon: IconName;
  /** Below the icon; default: the icon alone. */
  says?: string;
  children: ReactNode;
}
const GAP_PX = 6;
const EDGE_PX = 8;

/** A menu button (ARIA APG): arrows, Home, End and letters move in it, Escape closes it. */
export function Menu({ label, icon, says, children }: MenuProps) {
  const id = useId();
  const [button, list] = [useRef<HTMLButtonElement>(null), useRef<HTMLDivElement>(null)];
  const items = () => [...(list.current?.querySelectorAll<HTMLButtonElement>('[role=menuitem]') ?? [])];
  const place = () => {
    const [around, menu] = [button.current?.getBoundingClientRect(), list.current];
    if (!around || !menu) return;
    const { offsetWidth: width, offsetHeight: height } = menu;
    menu.style.left = `${Math.max(EDGE_PX, Math.min(around.right - width, innerWidth - width - EDGE_PX))}px`;
    const [below, above] = [around.bottom + GAP_PX, around.top - GAP_PX - height];
    const hasRoom = below + height <= innerHeight - EDGE_PX || above < EDGE_PX;
    menu.style.top = `${hasRoom ? Math.max(EDGE_PX, Math.min(below, innerHeight - height - EDGE_PX)) : above}px`;
    items()[0]?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="square"
        popoverTarget={id}
        aria-haspopup="menu"
        aria-label={label}
        title={label}
      >
        <Icon name={icon} />
        {says && <span>{says}</span>}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        className="menu"
        onToggle={(event) => {
          if (event.newState === 'open') place();
        }}
        onKeyDown={(event) => move(event, items())}
        onClick={(event) => {
          // Before the item acts: the focus goes back to the button, and a dialog returns it there.
          if ((event.target as Element).closest('[role=menuitem]')) list.current?.hidePopover();
        }}
      >
        {children}
      </div>
    </>
  );
}

function move(event: KeyboardEvent, items: readonly HTMLButtonElement[]): void {
  const at = items.indexOf(document.activeElement as HTMLButtonElement);
  const go = (index: number) => {
    event.preventDefault();
    items[(index + items.length) % items.length]?.focus();
  };
  if (event.key === 'ArrowDown') go(at + 1);
  else if (event.key === 'ArrowUp') go(at - 1);
  else if (event.key === 'Home') go(0);
  else if (event.key === 'End') go(items.length - 1);
  else if (/^[a-z]$/i.test(event.key) && !event.metaKey && !event.ctrlKey) {
    const letter = event.key.toLowerCase();
    const from = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    from.find(({ textContent }) => textContent.trim().toLowerCase().startsWith(letter))?.focus();
  }
}

interface ItemProps {
  says: string;
  icon: IconName;
  /** Why it is not possible now. */
  why?: string | undefined;
  danger?: boolean;
  /** The key that does the same while the menu is closed. */
  shortcut?: string | undefined;
  onChoose: () => void;
}

/** An impossible item keeps its place, with its reason, and opens what would make it possible. */
export const MenuItem = ({ says, icon, why, danger = false, shortcut, onChoose }: ItemProps) => (
  <button
    type="button"
    role="menuitem"
    tabIndex={-1}
    data-key={shortcut}
    className={`${danger ? 'danger' : ''} ${why === undefined ? '' : 'off'}`}
    onClick={onChoose}
  >
    <Icon name={icon} />
    <span>
      {says}
      {why !== undefined && <small>{why}</small>}
    </span>
  </button>
);
