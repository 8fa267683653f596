import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Shipped } from './licences.ts';

interface Bom {
  serialNumber: string;
  metadata: { timestamp: string; component: { name: string; 'bom-ref': string } };
  components: { 'bom-ref': string; purl: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/**
 * npm's own CycloneDX document, of what is in the image alone. The same input gives the same bytes: its time is that of
 * the commit, its number is made of its content.
 */
export function sbomOf(root: string, shipped: Shipped[], epochSeconds: number): string {
  const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const bom = JSON.parse(text) as Bom;
  const here = new Set(shipped.map(({ name, version }) => `${name}@${version}`));
  const isHere = (ref: string) => here.has(ref) || ref.startsWith('@leadstream/');
  bom.components = bom.components.filter((each) => isHere(each['bom-ref']));
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => isHere(ref) || ref === bom.metadata.component['bom-ref'])
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isHere) }));
  const unlisted = [...here].filter((ref) => !bom.components.some((each) => each['bom-ref'] === ref));
  if (unlisted.length > 0) throw new Error(`npm sbom does not list what the image has: ${unlisted.join(', ')}`);
  bom.metadata.component.name = 'leadstream';
  bom.metadata.timestamp = new Date(epochSeconds * 1_000).toISOString();
  bom.serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bom.components))}`;
  return `${JSON.stringify(bom, null, 1)}\n`;
}

/** UUID version 8 of a text's SHA-256. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
