/** Imported before any module that fails to load on an older Node; 26 is the first version with Temporal. */
const MAJOR_MIN = 26;

if (Number(process.versions.node.split('.', 1)[0]) < MAJOR_MIN) {
  process.stderr.write(`Leadstream needs Node ${MAJOR_MIN} or newer; this is ${process.version}\n`);
  process.exit(1);
}

export {};
