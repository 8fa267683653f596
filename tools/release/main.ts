import { from, notesOf, otherVersions } from './versions.ts';

/**
 * `node tools/release/main.ts v1.2.3` prints the release's notes, the section of CHANGELOG.md. Exit code 1 when a place
 * has another version than the tag, or the section is missing.
 */
const [tag = ''] = process.argv.slice(2);
if (!/^v\d+\.\d+\.\d+(-[\w.]+)?$/.test(tag)) {
  process.stderr.write('usage: node tools/release/main.ts v<major>.<minor>.<patch>\n');
  process.exit(2);
}
const read = from(process.cwd());
const notes = notesOf(tag, read('CHANGELOG.md'));
const problems = [
  ...otherVersions(tag, read),
  ...(notes === undefined ? [`CHANGELOG.md has no text below "## [${tag.slice(1)}]"`] : []),
];
process.stdout.write(notes === undefined ? '' : `${notes}\n`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
