/** The page's own style; the mails have that of a mail program. */
export const style = `
:root { color-scheme: light dark; --line: light-dark(#d9dde3, #363b44); --soft: light-dark(#f4f6f8, #1b1f26);
  --page: light-dark(#fff, #12151a); --ink: light-dark(#1a1f27, #e7eaee); --quiet: light-dark(#59626f, #a2abb8);
  --accent: light-dark(#0b5cad, #7db8f5); --wrong: light-dark(#a3261b, #ff9d92);
  --wrong-soft: light-dark(#fdf1ef, #2b1a19); }
* { box-sizing: border-box; }
html { scroll-padding-top: 7rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1.5rem;
  padding: .6rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--page); }
h1 { margin: 0; font-size: 1.1rem; }
h2 { margin: 2.5rem 0 .25rem; font-size: 1.35rem; }
main > section:first-child h2 { margin-top: 0; }
h3 { margin: 1.75rem 0 0; font-size: 1.05rem; }
h4 { margin: 0; font-size: .95rem; }
p { margin: 0; }
.quiet, h2 span, h4 span { color: var(--quiet); font-weight: 400; }
h2 span { font-size: .95rem; }
form { display: flex; flex-wrap: wrap; gap: .4rem 1.25rem; }
fieldset { display: flex; align-items: center; gap: .6rem; margin: 0; padding: 0; border: 0; }
legend { float: left; padding: 0; color: var(--quiet); }
label { display: inline-flex; align-items: center; gap: .3rem; min-height: 24px; cursor: pointer; }
input { width: 1rem; height: 1rem; margin: 0; accent-color: var(--accent); }
.columns { display: grid; grid-template-columns: 15rem minmax(0, 1fr); }
nav { padding: 1.25rem; border-right: 1px solid var(--line); background: var(--soft); }
nav ul { position: sticky; top: 4.5rem; margin: 0; padding: 0; list-style: none; }
nav a { display: block; padding: .3rem 0; color: var(--accent); }
main { min-width: 0; padding: 1.25rem 1.75rem 4rem; }
.problems { padding: .9rem 1.1rem; border: 1px solid var(--wrong); border-radius: 6px; background: var(--wrong-soft); }
.problems h2 { font-size: 1.1rem; color: var(--wrong); }
.problems ul { margin: .3rem 0 0; padding-left: 1.1rem; }
.problems code, .fault { overflow-wrap: anywhere; }
.fault { margin: .5rem 0; color: var(--wrong); }
.mails { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); gap: 1.25rem;
  align-items: start; margin-top: .75rem; }
.mail { min-width: 0; }
.subject { margin: .1rem 0 .4rem; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; max-width: 45rem; border: 1px solid var(--line); border-radius: 6px;
  resize: vertical; background: #fff; color-scheme: light; }
pre { max-width: 45rem; margin: 0; padding: 1rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--soft); font: .88rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
iframe + pre { margin-top: .6rem; }
body:has(#phone:checked) .mails { grid-template-columns: repeat(auto-fill, minmax(min(100%, 390px), 390px)); }
body:has(#phone:checked) :is(iframe, pre) { width: 390px; max-width: 100%; }
body:has(#dark:checked) iframe { background: #121212; color-scheme: dark; }
body:has(#html:checked) pre, body:has(#text:checked) iframe,
body:has(#full:checked) .empty, body:has(#empty:checked) .full { display: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 46rem) { .columns { grid-template-columns: minmax(0, 1fr); } header { position: static; }
  html { scroll-padding-top: 1rem; } nav { border-right: 0; padding: .6rem 1.25rem; } nav ul { position: static; }
  main { padding-inline: 1.25rem; } }
`;

/** The default of a mail program: the mail itself sets none of it. */
export const mailStyle = 'body{margin:16px;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}p{margin:0 0 1em}';
