/** Beside the logs: what was set otherwise than Kafka's default, and what the model leaves out that could matter. */
import { differingSettings } from '../differing-settings.js';
import type { TrialPageData } from '../page-data.js';

const MOST = 12;

export function Aside({ data }: { data: TrialPageData }) {
  const differing = differingSettings(data.settings);
  const notModelled = data.settings.filter((row) => row.bearing === 'could matter, not modelled');
  return (
    <section class="panel aside" aria-label="Settings">
      <h2>Settings that differ</h2>
      {differing.length === 0 && <p class="quiet">None: Kafka's defaults.</p>}
      <dl>
        {differing.slice(0, MOST).map((row) => (
          <>
            <dt>
              {row.name} <span class="quiet">{row.scope}</span>
            </dt>
            <dd>
              <b>{row.value}</b>{' '}
              <span class="quiet">default {row.kafkaDefault === '' ? 'none' : row.kafkaDefault}</span>
            </dd>
          </>
        ))}
      </dl>
      {differing.length > MOST && <p class="quiet">and {differing.length - MOST} more, below</p>}
      <h2>Not modelled, could matter</h2>
      {notModelled.length === 0 ? (
        <p class="quiet">None that was set.</p>
      ) : (
        <p class="names">{notModelled.map((row) => row.name).join(' · ')}</p>
      )}
    </section>
  );
}
