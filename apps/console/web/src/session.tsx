import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { Me, SignedIn, SignInWays } from '../../src/schemas.ts';
import { ask, post, Refused } from './api.ts';
import { Brand } from './brand.tsx';
import { Me as Signed } from './me.ts';
import { setClock } from './time.ts';
import { Failed, Skeleton } from './ui.tsx';

const RENEWED_MS = 300_000;

/** The page of a signed-in caller, or the form to sign in. */
export function Session({ children }: { children: ReactNode }) {
  const me = useQuery({
    queryKey: ['me'],
    queryFn: async ({ signal }) => {
      const said = await ask<Me>('/v1/me', { signal });
      setClock(said.now);
      return said;
    },
    refetchInterval: RENEWED_MS,
  });
  if (me.error instanceof Refused && me.error.problem.status === 401) return <SignIn />;
  if (me.data) return <Signed value={me.data}>{children}</Signed>;
  return (
    <main className="alone">
      {me.error ? (
        <Failed error={me.error} retry={() => void me.refetch()} />
      ) : (
        <Skeleton rows={3} label="Loading the console" />
      )}
    </main>
  );
}

/** Why the browser came back from the issuer without a session. */
const CAME_BACK: Readonly<Record<string, string>> = {
  failed: 'The sign-in was not completed: try again.',
  role: 'Your account has no role here: ask whoever runs this console.',
  unavailable: 'The sign-in service does not answer: try again later.',
  rate: 'Too many attempts to sign in: wait a minute.',
};

function SignIn() {
  const { data: ways } = useQuery({
    queryKey: ['ways to sign in'],
    queryFn: ({ signal }) => ask<SignInWays>('/v1/session', { signal }),
    staleTime: Infinity,
  });
  const { pathname, search } = window.location;
  const came = CAME_BACK[new URLSearchParams(search).get('signIn') ?? ''];
  return (
    <main className="alone">
      <section className="card sign-in">
        <Brand />
        <h1>Sign in</h1>
        {came !== undefined && (
          <p role="alert" className="error">
            {came}
          </p>
        )}
        {ways?.oidc && (
          <a
            className="button primary"
            href={`/v1/oidc/start?${new URLSearchParams({ returnTo: pathname + search }).toString()}`}
          >
            Sign in with {ways.oidc}
          </a>
        )}
        {(ways === undefined || ways.token || !ways.oidc) && <TokenForm isSecond={ways?.oidc != null} />}
      </section>
    </main>
  );
}

/** `isSecond`: the sign-in of the issuer is above it. */
function TokenForm({ isSecond }: { isSecond: boolean }) {
  const queries = useQueryClient();
  const [refused, setRefused] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    const token = new FormData(event.currentTarget).get('token');
    try {
      await post<SignedIn>('/v1/session', { token });
      await queries.resetQueries();
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <p className="quiet">
        {isSecond ? 'Or with' : 'With'} the token that your administrator gave you. This browser stays signed in for 12
        hours.
      </p>
      <label htmlFor="token">Token</label>
      <input
        id="token"
        name="token"
        type="password"
        autoComplete="current-password"
        required
        aria-describedby="refused"
        aria-invalid={refused !== undefined}
      />
      <p id="refused" role="alert" className="error">
        {refused}
      </p>
      <button type="submit" className={isSecond ? '' : 'primary'} disabled={isBusy}>
        {isBusy ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}
