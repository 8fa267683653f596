export const style = `
:root { color-scheme: light dark; --line: light-dark(#d9dde3, #363b44); --soft: light-dark(#f4f6f8, #1b1f26);
  --page: light-dark(#fff, #12151a);
  --ink: light-dark(#1a1f27, #e7eaee); --quiet: light-dark(#59626f, #a2abb8);
  --accent: light-dark(#0b5cad, #7db8f5); --on-accent: light-dark(#fff, #0d1117); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; padding: .75rem 1.25rem;
  border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.1rem; }
header p, .empty, .meta, .answer { margin: 0; color: var(--quiet); }
.columns { flex: 1; display: grid; grid-template-columns: minmax(16rem, 24rem) minmax(0, 1fr); }
nav { background: var(--soft); border-right: 1px solid var(--line); }
nav ol { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .7rem 1.25rem; border-bottom: 1px solid var(--line); color: inherit;
  text-decoration: none; }
nav a:hover { background: var(--page); }
nav a[aria-current] { background: var(--page); box-shadow: inset 3px 0 var(--accent); }
nav span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
nav .to { font-weight: 600; }
.meta { font-size: .82rem; }
.meta .state { display: inline; }
.meta .state::before { content: "· "; }
main { padding: 1.25rem 1.75rem 3rem; }
article { max-width: 52rem; }
h2 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem 1rem; margin: 0 0 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; height: 20rem; resize: vertical; border: 1px solid var(--line);
  border-radius: 6px; background: #fff; color-scheme: light; }
pre { margin: .5rem 0; padding: 1rem; background: var(--soft); border: 1px solid var(--line);
  border-radius: 6px; font: .9rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin-top: .5rem; }
summary { cursor: pointer; color: var(--quiet); }
table { border-collapse: collapse; font-size: .88rem; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 500; color: var(--quiet); white-space: nowrap; }
.events { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem;
  margin: 0 0 .75rem; padding: 0; list-style: none; }
.events li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; }
.events strong { min-width: 6rem; font-weight: 600; }
.answer { white-space: nowrap; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .75rem; }
button { padding: .4rem .9rem; border: 1px solid var(--line); border-radius: 6px; background: var(--soft);
  color: inherit; font: inherit; cursor: pointer; }
button:hover { border-color: var(--accent); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
textarea { display: block; width: 100%; margin-bottom: .6rem; padding: .6rem .75rem;
  border: 1px solid var(--quiet); border-radius: 6px; background: var(--page); color: inherit; font: inherit; }
::placeholder { color: var(--quiet); opacity: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 46rem) { .columns { grid-template-columns: 1fr; } nav { max-height: 40vh; overflow: auto;
  border-right: 0; } main { padding-inline: 1.25rem; } }
`;
