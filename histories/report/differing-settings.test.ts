import { describe, expect, it } from 'vitest';
import { differingSettings } from './differing-settings.js';
import type { SettingRow } from './page-data.js';

function row(name: string, scope: string, value: string, more: Partial<SettingRow> = {}): SettingRow {
  return { name, scope, value, origin: '', kafkaDefault: '1', bearing: 'modelled', differs: true, ...more };
}

describe('settings that differ', () => {
  it('say of which topic or client they are; those with the same value share a line', () => {
    const rows = [
      row('min.insync.replicas', 'topic orders', '2'),
      row('min.insync.replicas', 'topic invoices', '2'),
      row('min.insync.replicas', 'topic payments', '3'),
      row('request.timeout.ms', 'producer checkout', '2'),
      row('request.timeout.ms', 'consumer billing', '2'),
      row('num.partitions', 'broker', '4'),
    ];
    expect(differingSettings(rows).map(({ name, scope, value }) => `${name} ${value}: ${scope}`)).toEqual([
      'min.insync.replicas 2: topics orders and invoices',
      'min.insync.replicas 3: topic payments',
      'request.timeout.ms 2: producer checkout',
      'request.timeout.ms 2: consumer billing',
      'num.partitions 4: broker',
    ]);
  });

  it('are none of those at their default, nor of those that are listed as not modelled', () => {
    const atDefault = row('acks', 'producer p', 'all', { differs: false });
    const notModelled = row('log.dirs', '', 'given; not kept', { bearing: 'could matter, not modelled' });
    expect(differingSettings([atDefault, notModelled])).toEqual([]);
  });
});
