import { useState } from 'react';
import { areKeysOn, KEYS, setKeys } from './keys.ts';
import { Dialog } from './ui.tsx';

export function Help({ onClose }: { onClose: () => void }) {
  const [isOn, turn] = useState(areKeysOn);
  return (
    <Dialog title="Keys" onClose={onClose}>
      <label className="row switch">
        <input
          type="checkbox"
          checked={isOn}
          onChange={({ target }) => {
            setKeys(target.checked);
            turn(target.checked);
          }}
        />
        Single keys
      </label>
      <dl className="keys">
        {KEYS.map(({ key, says }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
