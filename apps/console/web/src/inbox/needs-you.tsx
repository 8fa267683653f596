import { useEffect, useReducer, useRef } from 'react';
import { Link } from 'wouter';
import type { LeadItem, NeedsYou, SendItem } from '../../../src/needs-you-schemas.ts';
import { HealthTiles } from '../health/tiles.tsx';
import { Ago, Due, Empty, Failed, Skeleton, Stale } from '../ui.tsx';
import { titled, visible } from '../words.ts';
import { countOf, useNeedsYou } from './data.ts';
import { Group, Item } from './group.tsx';
import { useKept, type Kept } from './kept.ts';
import { Offers } from './offers.tsx';
import { Quarantined } from './quarantined.tsx';

export function NeedsYouPage() {
  const { data, error, refetch, dataUpdatedAt } = useNeedsYou();
  const { count, more } = data ? countOf(data) : { count: 0, more: false };
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}${more ? '+' : ''}) ` : ''}Needs you · Leadstream`;
  }, [count, more]);
  return (
    <>
      <header className="page-head">
        <h1>
          Needs you{' '}
          {count > 0 && (
            <span className="count">
              {count}
              {more ? '+' : ''}
            </span>
          )}
        </h1>
      </header>
      {data ? (
        <>
          <Stale error={error} at={dataUpdatedAt} />
          {count === 0 ? <Nothing /> : <Groups inbox={data} />}
        </>
      ) : error ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : (
        <Skeleton rows={4} label="Loading what needs you" />
      )}
      <HealthTiles />
    </>
  );
}

const Nothing = () => (
  <Empty title="Nothing needs you">
    <p>Every mail has an outcome, every lead moves in time, no message was given up on, and sending is not paused.</p>
  </Empty>
);

const Who = ({ lead }: { lead: SendItem['lead'] }) => (
  <Link href={`/leads/${lead.id}`} className="name break">
    {visible(lead.name ?? lead.email ?? 'A lead')}
  </Link>
);

const SENDS = {
  unknown: {
    title: 'Did it go out?',
    explains: 'The provider gave no answer. Nobody is written to again until its own event, or you, settle it.',
  },
  failed: {
    title: 'Refused for good',
    explains: 'Another attempt would not help: go on without the mail, or begin again.',
  },
  unrenderable: {
    title: 'Could not be written',
    explains: 'A value is missing that the template needs; nothing was sent.',
  },
} as const satisfies Record<SendItem['why'], object>;

type AccountItem = NonNullable<NeedsYou['account']>;

function Groups({ inbox: { sends, leads, quarantined, account } }: { inbox: NeedsYou }) {
  const list = useRef<HTMLDivElement>(null);
  const [, look] = useReducer((times: number) => times + 1, 0);
  const accounts = useKept(list, account ? [account] : [], (one) => one.account);
  const allSends = useKept(list, sends.items, ({ lead, sendId, step }) => `${lead.id}-${sendId ?? step}`);
  const late = useKept(list, leads.items, ({ lead }) => lead.id);
  const messages = useKept(list, quarantined.items, ({ seq }) => String(seq));
  return (
    <div
      className="groups"
      ref={list}
      onPointerLeave={look}
      onBlur={({ currentTarget, relatedTarget }) => currentTarget.contains(relatedTarget) || look()}
    >
      {accounts.map(({ key, ...kept }) => (
        <Account key={key} {...kept} />
      ))}
      {(Object.keys(SENDS) as SendItem['why'][]).map((why) => {
        const its = allSends.filter(({ item }) => item.why === why);
        return its.length === 0 ? null : (
          <Group key={why} {...SENDS[why]} more={sends.more}>
            {its.map(({ key, ...kept }) => (
              <Send key={key} {...kept} />
            ))}
          </Group>
        );
      })}
      {late.length > 0 && (
        <Group title="Late" explains="Their time has passed by a minute or more." more={leads.more}>
          {late.map(({ key, ...kept }) => (
            <Late key={key} {...kept} />
          ))}
        </Group>
      )}
      {messages.length > 0 && <Quarantined kept={messages} more={quarantined.more} />}
    </div>
  );
}

type Shown<Of> = Omit<Kept<Of>, 'key'>;

const Send = ({ item, isSettled }: Shown<SendItem>) => (
  <Item
    isSettled={isSettled}
    icon="mail"
    title={<Who lead={item.lead} />}
    buttons={<Offers offers={item.can} isSettled={isSettled} />}
  >
    “{visible(item.step)}” of {item.sequence ? titled(item.sequence) : 'no sequence'} ·{' '}
    {[item.class, item.reason].filter(Boolean).join(': ')} · <Ago at={item.since} />
  </Item>
);

const Late = ({ item, isSettled }: Shown<LeadItem>) => (
  <Item
    isSettled={isSettled}
    icon="clock"
    title={<Who lead={item.lead} />}
    buttons={<Offers offers={item.can} isSettled={isSettled} />}
  >
    {item.dueAt && <Due at={item.dueAt} zone={null} />} {item.next}.{' '}
    {item.why?.says ?? 'Its scheduler is late or away.'} {item.why?.remedy}
  </Item>
);

function Account({ item: { account, paused, sources, can }, isSettled }: Shown<AccountItem>) {
  return (
    <Group title="Sending is paused" explains="What is due waits; nothing is lost.">
      <Item
        isSettled={isSettled}
        icon="pause"
        title={<strong>The account {account}</strong>}
        buttons={<Offers offers={can} isSettled={isSettled} />}
      >
        {paused && (
          <>
            {visible(paused.why)}, by {visible(paused.by)} <Ago at={paused.at} />
          </>
        )}
        {sources === 'unreadable'
          ? 'The paused sources cannot be read: all are held.'
          : Object.keys(sources).map((source) => `${visible(source)}: ${visible(sources[source]?.why ?? '')} `)}
      </Item>
    </Group>
  );
}
