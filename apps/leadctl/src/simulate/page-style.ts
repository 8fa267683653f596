/** The page of a simulation, from the width of a phone on. */
export const style = `
:root { color-scheme: light dark; --line: light-dark(#d9dde3, #363b44); --soft: light-dark(#f4f6f8, #1b1f26);
  --page: light-dark(#fff, #12151a); --ink: light-dark(#1a1f27, #e7eaee); --quiet: light-dark(#59626f, #a2abb8);
  --leads: light-dark(#0b5cad, #7db8f5); --reps: light-dark(#b45309, #f0a35e); --wrong: light-dark(#a3261b, #ff9d92); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main, header { max-width: 75rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.25rem; }
main { padding-bottom: 4rem; }
h1 { margin: 0; font-size: 1.35rem; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 .5rem; font-size: 1.1rem; }
h3 { margin: .75rem 0 .25rem; font-size: .95rem; }
p { margin: 0 0 .5rem; }
.quiet { color: var(--quiet); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
dl div { padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
.wide:focus-visible { outline: 2px solid var(--leads); outline-offset: 2px; }
svg { display: block; max-width: none; font: 11px system-ui, sans-serif; }
svg text { fill: var(--quiet); }
svg line { stroke: var(--line); }
.leads { fill: var(--leads); }
.reps { fill: var(--reps); }
.weekend { fill: var(--soft); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1rem; color: var(--quiet); font-size: .85rem; }
.key span::before { content: ''; display: inline-block; width: .8rem; height: .8rem; margin-right: .35rem;
  border-radius: 2px; vertical-align: -1px; background: var(--line); }
.key .of-leads::before { background: var(--leads); }
.key .of-reps::before { background: var(--reps); }
.zones { display: grid; grid-template-columns: repeat(auto-fill, minmax(15.5rem, 1fr)); gap: 1.25rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--quiet); font-weight: 400; }
td { font-variant-numeric: tabular-nums; }
`;
