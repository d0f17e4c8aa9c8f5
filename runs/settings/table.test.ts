import { describe, expect, it } from 'vitest';
import { bearingByName, classifiedNames } from './bearing.js';
import { parseSetting } from './parse.js';
import { rowsWithSettings, scopes, settingsTable } from './table.js';

describe.each(rowsWithSettings)('the settings of Kafka %s', (row) => {
  it('are all classified by their bearing on safety', () => {
    // Loading throws for a setting that is not.
    const table = settingsTable(row);
    for (const scope of scopes) expect(table[scope].size).toBeGreaterThan(30);
  });

  it('have defaults that their own type and range allow', () => {
    const table = settingsTable(row);
    for (const scope of scopes) {
      for (const setting of table[scope].values()) {
        if (setting.default === undefined || setting.default === null || setting.type === 'password') continue;
        // Kafka validates these two only when they are given.
        if (setting.valid === 'non-empty list' || setting.name === 'node.id') continue;
        expect({ name: setting.name, parsed: parseSetting(setting, setting.default) }).toMatchObject({
          parsed: { ok: true },
        });
      }
    }
  });
});

describe('the classification', () => {
  it.each(scopes)('of %s settings names nothing that no release knows, and nothing twice', (scope) => {
    const names = classifiedNames(scope);
    expect(names.filter((name) => !rowsWithSettings.some((row) => settingsTable(row)[scope].has(name)))).toEqual([]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});

describe('the bearing of a setting', () => {
  it('of a broker that only gives a topic its default is that of the topic setting', () => {
    const { broker } = settingsTable('3.9');
    expect(bearingByName('broker', 'log.flush.interval.messages')).toBeUndefined();
    expect(broker.get('log.flush.interval.messages')!.bearing.bearing).toBe('modelled');
    expect(broker.get('log.index.size.max.bytes')!.bearing.bearing).toBe('could matter, not modelled');
  });

  it('differs between scopes that share a name', () => {
    const table = settingsTable('3.9');
    expect(table.producer.get('request.timeout.ms')!.bearing.bearing).toBe('modelled');
    expect(table.broker.get('request.timeout.ms')!.bearing.bearing).toBe('could matter, not modelled');
  });
});
