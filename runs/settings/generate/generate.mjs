#!/usr/bin/env node
/**
 * Writes ../kafka-<row>.json: every broker, topic, producer and consumer setting of a Kafka release, asked from Kafka's
 * own ConfigDef objects. Needs Java 17, mvn and Maven Central; run by hand when a row of the table of versions is added:
 *
 *   node runs/settings/generate/generate.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const releases = { 3.9: '3.9.1', 4.1: '4.1.1' };
const here = fileURLToPath(new URL('.', import.meta.url));

for (const [row, release] of Object.entries(releases)) {
  const folder = mkdtempSync(join(tmpdir(), 'harrow-settings-'));
  try {
    const classPath = fetchKafka(release, folder);
    const program = join(here, 'PrintSettings.java');
    const json = execFileSync('java', ['-cp', classPath, program], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    JSON.parse(json);
    writeFileSync(join(here, '..', `kafka-${row}.json`), json);
    console.log(`kafka-${row}.json: Kafka ${release}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Downloads the broker with all it depends on (clients, server, storage, raft, coordinators) into Maven's cache. */
function fetchKafka(release, folder) {
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>harrow</groupId><artifactId>settings</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${release}</version>
</dependency></dependencies></project>`;
  writeFileSync(join(folder, 'pom.xml'), pom);
  execFileSync('mvn', ['-q', '-B', 'dependency:build-classpath', '-Dmdep.outputFile=classpath.txt'], {
    cwd: folder,
    stdio: 'inherit',
  });
  return readFileSync(join(folder, 'classpath.txt'), 'utf8').trim();
}
