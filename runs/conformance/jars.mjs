/** Published jars, by Maven from Maven Central. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @param artifacts 'group:artifact:version' each. @returns a class path of them and all that they need */
export function classPathOf(...artifacts) {
  const folder = mkdtempSync(join(tmpdir(), 'harrow-jars-'));
  try {
    writeFileSync(join(folder, 'pom.xml'), pom(artifacts));
    const build = ['-q', '-B', 'dependency:build-classpath', '-Dmdep.outputFile=classpath.txt'];
    execFileSync('mvn', build, { cwd: folder, stdio: 'inherit' });
    return readFileSync(join(folder, 'classpath.txt'), 'utf8').trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pom(artifacts) {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>harrow</groupId><artifactId>conformance</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>`;
}
