import type { ReactNode } from 'react';
import { Icon, type IconName } from '../icons.tsx';

interface GroupProps {
  title: string;
  explains: string;
  more?: boolean;
  children: ReactNode;
}
export const Group = ({ title, explains, more = false, children }: GroupProps) => (
  <section className="card group" aria-label={title}>
    <header>
      <h2>
        <span className="mark mark-alert" aria-hidden="true" /> {title}
      </h2>
      <p className="quiet">{explains}</p>
    </header>
    <ul>{children}</ul>
    {more && <p className="quiet small more">There are others: they follow once these are settled.</p>}
  </section>
);

interface ItemProps {
  isSettled: boolean;
  icon: IconName;
  title: ReactNode;
  children: ReactNode;
  buttons: ReactNode;
}
export const Item = ({ isSettled, icon, title, children, buttons }: ItemProps) => (
  <li className={isSettled ? 'settled' : ''}>
    <span className="knot">
      <Icon name={isSettled ? 'check' : icon} />
    </span>
    <div>
      {title}
      <p className="quiet small">{children}</p>
    </div>
    <div className="buttons">{buttons}</div>
  </li>
);
