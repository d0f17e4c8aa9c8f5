import { describe, expect, it } from 'vitest';
import { resolveCluster } from './resolve.js';
import { loadSpec } from './load.js';

function logDirs(settings: string, kafka = '3.9', control = 'kraft'): unknown {
  const text = `kafka: "${kafka}"\ncluster: { control: { mode: ${control} }, settings: { ${settings} } }`;
  const { brokerSettings } = resolveCluster(loadSpec({ input: 'spec.yaml', text }).spec);
  return [brokerSettings['log.dirs'], brokerSettings['log.dir.failure.timeout.ms']];
}

describe('log.dirs', () => {
  it('are so many disks, if they are several', () => {
    expect(logDirs('log.dirs: "/a, /b,/c"')).toEqual(['/a,/b,/c', 30_000]);
    expect(logDirs('log.dirs: "/a,/b", log.dir.failure.timeout.ms: 5000')).toEqual(['/a,/b', 5000]);
    expect(logDirs('log.dirs: /a')).toEqual([undefined, undefined]);
  });

  it('are refused under KRaft before 3.7, where nobody was told that one had failed', () => {
    expect(() => logDirs('log.dirs: "/a,/b"', '3.5')).toThrow('does not support several log directories under KRaft');
    expect(logDirs('log.dirs: "/a,/b"', '3.7')).toEqual(['/a,/b', 30_000]);
    expect(logDirs('log.dirs: "/a,/b"', '3.5', 'zookeeper')).toEqual(['/a,/b', 30_000]);
  });
});
