import { makeTables } from '@leadstream/leadctl/export/derived';
import { openDuck } from '@leadstream/leadctl/export/duck';

/** Makes the tables of the folder's events as an export does, and prints the peak of the process's memory in MB. */
const [folder = '', events] = process.argv.slice(2);
using opened = new DisposableStack();
const duck = await openDuck(opened, `${folder}/.spill`);
await duck.run('SET threads = 1');
await makeTables({ duck, folder, format: 'parquet', events: Number(events), last: Number(events) });
console.log(Math.round(process.resourceUsage().maxRSS / 1_024));
