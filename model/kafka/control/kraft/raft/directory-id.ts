/**
 * The id of the directory that a node votes from, as its meta.properties say. The first directory of a node was formatted
 * with the first voters; one that is formatted later, on an empty disk, knows of none. (MetaProperties; kafka-storage.sh
 * format --initial-controllers, --no-initial-controllers)
 */
import type { Disk } from '../../../../kernel/disk.js';
import type { Host } from '../../../../kernel/process.js';
import { MetadataLogFailure } from './log.js';

const PATH = 'meta.properties';
const BYTES = 100;

export const FIRST_DIRECTORY = 1;

interface MetaProperties {
  readonly directoryId: number;
}

/** Formats the directory if it is empty. Ids of one node's directories differ. */
export function directoryIdOf({ disk, incarnation }: Pick<Host, 'disk' | 'incarnation'>): number {
  const known = readDirectoryId(disk);
  if (known !== null) return known;
  const properties: MetaProperties = { directoryId: incarnation };
  if (disk.replace(PATH, properties, BYTES) !== 'ok') throw new MetadataLogFailure('meta.properties cannot be written');
  return incarnation;
}

/** null: the directory is empty. */
export function readDirectoryId(disk: Disk): number | null {
  return disk.exists(PATH) ? (disk.open(PATH).read(0) as MetaProperties).directoryId : null;
}
