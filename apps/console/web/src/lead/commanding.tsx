import { createContext, useContext, useMemo, useState, type ReactNode } from 'react';
import type { KindName } from '../../../src/kinds.ts';
import type { LeadView } from '../../../src/schemas.ts';
import { useMay } from '../me.ts';
import { Menu, MenuItem } from '../menu.tsx';
import { Action } from '../ui.tsx';
import { CommandDialog } from './command-dialog.tsx';
import { COMMANDS, kinds, type Values } from './commands.ts';

interface Commanding {
  /** Whether the caller's role may give commands. */
  may: boolean;
  open: (kind: KindName, values?: Values) => void;
  buttons: ReactNode;
}
const Context = createContext<Commanding>({ may: false, open: () => undefined, buttons: null });
export const useCommanding = (): Commanding => useContext(Context);

/** The commands of a lead's page, and the dialog of the one that was chosen. */
export function Commands({ lead, children }: { lead: LeadView; children: ReactNode }) {
  const [chosen, choose] = useState<{ kind: KindName; values: Values }>();
  const [may, mayErase] = [useMay('command'), useMay('admin')];
  const value = useMemo(() => {
    const open = (kind: KindName, values: Values = {}) => choose({ kind, values });
    return { may, open, buttons: may && <Buttons lead={lead} open={open} mayErase={mayErase} /> };
  }, [lead, may, mayErase]);
  return (
    <Context value={value}>
      {children}
      {chosen && <CommandDialog lead={lead} {...chosen} onClose={() => choose(undefined)} />}
    </Context>
  );
}

const SHORTCUTS: Partial<Record<KindName, string>> = { tag: 't', move: 'm', assign: 'a', note: 'o' };

interface ButtonsProps {
  lead: LeadView;
  open: Commanding['open'];
  mayErase: boolean;
}

function Buttons({ lead, open, mayErase }: ButtonsProps) {
  const { can } = lead;
  const first = can?.['resume'] === true ? 'resume' : 'pause';
  const offered = kinds.filter((kind) => kind !== first && kind !== 'resolve' && (kind !== 'erase' || mayErase));
  return (
    <>
      <Action
        key={first}
        icon={COMMANDS[first].icon}
        says={COMMANDS[first].says}
        shortcut="p"
        disabled={can?.[first] !== true}
        onClick={() => open(first)}
      />
      <Menu label="More commands" icon="more">
        {offered.map((kind) => {
          const allowed = can?.[kind];
          const why = typeof allowed === 'object' ? allowed.says : undefined;
          const { says, icon } = COMMANDS[kind];
          return (
            <MenuItem
              key={kind}
              says={says}
              icon={icon}
              why={why}
              shortcut={SHORTCUTS[kind]}
              danger={'danger' in COMMANDS[kind]}
              onChoose={() => open(kind)}
            />
          );
        })}
      </Menu>
    </>
  );
}
