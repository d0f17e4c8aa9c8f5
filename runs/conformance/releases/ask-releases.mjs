#!/usr/bin/env node
/**
 * Asks the classes of each release of Kafka that Harrow knows what they support, and writes it to ./releases.json. Needs
 * Java 17, mvn and Maven Central; takes a minute or two; run by hand:
 *
 *   node runs/conformance/releases/ask-releases.mjs
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classPathOf } from '../jars.mjs';

/** The newest patch of each. Those before 0.11 have no such classes. */
const RELEASES = [
  '0.11.0.3',
  '1.1.1',
  '2.0.1',
  '2.1.1',
  '2.5.1',
  '2.7.2',
  '3.3.2',
  '3.5.2',
  '3.7.2',
  '3.9.1',
  '4.0.1',
  '4.1.1',
];
/** From here on there is metadata.version. */
const FIRST_WITH_METADATA_VERSION = RELEASES.indexOf('3.3.2');

const here = fileURLToPath(new URL('.', import.meta.url));
const answers = RELEASES.map((release, at) => {
  const artifacts = at < FIRST_WITH_METADATA_VERSION ? ['kafka-clients'] : ['kafka-clients', 'kafka-server-common'];
  const path = classPathOf(...artifacts.map((artifact) => `org.apache.kafka:${artifact}:${release}`));
  const said = execFileSync('java', ['-cp', path, join(here, 'Release.java')], { stdio: ['ignore', 'pipe', 'ignore'] });
  return { release, ...JSON.parse(said.toString()) };
});
const lines = answers.map((answer) => `  ${JSON.stringify(answer)}`);
writeFileSync(join(here, 'releases.json'), `[\n${lines.join(',\n')}\n]\n`);
