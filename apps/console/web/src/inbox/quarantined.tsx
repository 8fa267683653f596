import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { QuarantineItem } from '../../../src/needs-you-schemas.ts';
import type { QuarantineEntry } from '../../../src/operation-schemas.ts';
import { ask } from '../api.ts';
import { Action, Ago, Dialog, Failed, Skeleton } from '../ui.tsx';
import { plural, visible } from '../words.ts';
import { Group, Item } from './group.tsx';
import type { Kept } from './kept.ts';
import { Offers } from './offers.tsx';

interface QuarantinedProps {
  kept: readonly Kept<QuarantineItem>[];
  more: boolean;
}

/** Messages that a consumer gave up on. */
export function Quarantined({ kept, more }: QuarantinedProps) {
  const [shown, show] = useState<number>();
  return (
    <Group
      title="Messages that no service could take"
      explains="They are kept. Once the cause is gone, hand them over again."
      more={more}
    >
      {kept.map(({ key, isSettled, item: { seq, reason, consumer, origin, attempts, at, can } }) => (
        <Item
          key={key}
          isSettled={isSettled}
          icon="arrive"
          title={<strong className="break">{visible(reason)}</strong>}
          buttons={
            <>
              <Action says="Show" disabled={isSettled} onClick={() => show(seq)} />
              <Offers offers={can} isSettled={isSettled} />
            </>
          }
        >
          {origin.stream === 'QUARANTINE'
            ? `${consumer}, at the door`
            : `${consumer} · ${origin.stream} ${origin.seq} · ${plural(attempts, 'attempt')}`}{' '}
          · <Ago at={at} />
        </Item>
      ))}
      {shown !== undefined && <Entry seq={shown} onClose={() => show(undefined)} />}
    </Group>
  );
}

function Entry({ seq, onClose }: { seq: number; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['quarantine', seq],
    queryFn: ({ signal }) => ask<QuarantineEntry>(`/v1/quarantine/${seq}`, { signal }),
  });
  return (
    <Dialog title="What the service could not take" onClose={onClose} wide>
      {error ? (
        <Failed error={error} />
      ) : data ? (
        <>
          <p>{visible(data.reason)}</p>
          <h3>Message</h3>
          <pre tabIndex={0}>
            {data.body === null
              ? 'No copy was kept, and it is gone.'
              : visible(typeof data.body === 'string' ? data.body : JSON.stringify(data.body, null, 2))}
          </pre>
          <details>
            <summary>Headers</summary>
            <pre tabIndex={0}>{visible(JSON.stringify(data.headers, null, 2))}</pre>
          </details>
        </>
      ) : (
        <Skeleton rows={5} label="Loading the message" />
      )}
    </Dialog>
  );
}
