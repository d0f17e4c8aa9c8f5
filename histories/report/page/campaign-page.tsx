/** The page of a campaign: what held, what did not and how often, how it failed, and what was reached at all. */
import type { ComponentChildren } from 'preact';
import type { CampaignCell, CampaignPageData, CampaignVariant } from '../page-data.js';
import { counted, duration, seconds, simulated } from '../words.js';
import { Badge, CopyButton, ThemeButton, verdictWords } from './parts.js';

export function CampaignPage({ data }: { data: CampaignPageData }) {
  const reached = data.situations.filter(({ trials }) => trials > 0);
  const never = data.situations.filter(({ trials }) => trials === 0);
  return (
    <div class="campaign">
      <header class="verdict">
        <div class="headline">
          <Badge verdict={data.verdict} />
          <h1>{data.headline}</h1>
          <ThemeButton />
        </div>
        <p class="cause">
          <b>{data.name}</b> · {data.cluster}
        </p>
        <div class="meta">
          <CopyButton text={() => data.command} label={data.command}>
            copy: <code>{data.command}</code>
          </CopyButton>
          <span class="quiet">{data.notes.join(' · ')}</span>
        </div>
      </header>
      <section class="panel" aria-label="Variants and requirements">
        <h2>Variants × requirements</h2>
        <div class="scroll">
          <table class="matrix">
            <thead>
              <tr>
                <th scope="col">variant</th>
                {data.requirements.map(({ name, sentence }) => (
                  <th scope="col" title={sentence}>
                    {name}
                  </th>
                ))}
                <th scope="col">writes</th>
                <th scope="col" title="Longest time in which no write was acknowledged">
                  longest outage
                </th>
              </tr>
            </thead>
            <tbody>
              {data.variants.map((variant) => (
                <VariantRow variant={variant} requirements={data.requirements.map(({ name }) => name)} />
              ))}
            </tbody>
          </table>
        </div>
        <p class="quiet">
          A cell counts the trials that failed. 0 of n means, at 95 % confidence, under 3/n of trials drawn like these:
          no proof.
        </p>
      </section>
      {data.causes.length > 0 && (
        <section class="panel" aria-label="Causes">
          <h2>{counted(data.causes.length, 'way')} to fail</h2>
          {data.causes.map((cause, i) => (
            <article class="cause-entry">
              <h3>
                <span class="number">{i + 1}</span> {cause.sentence}{' '}
                <span class="quiet">
                  {cause.requirement}
                  {cause.variant !== '' && ` · ${cause.variant}`}
                </span>
                <b>{counted(cause.trials, 'trial')}</b>
                <Link href={cause.href}>seed {cause.seed}</Link>
              </h3>
              {cause.story !== null && (
                <>
                  <p>{cause.story.headline}</p>
                  <ol class="lines">
                    {cause.story.lines.map((line) => (
                      <li>
                        <time>{seconds(line.atMicros)}</time>
                        <span>{line.text.replaceAll(/ {2,}/g, '  ')}</span>
                        <em>{line.note ?? ''}</em>
                      </li>
                    ))}
                  </ol>
                  <p class="why">
                    <strong>why</strong> {cause.story.why}
                  </p>
                </>
              )}
            </article>
          ))}
        </section>
      )}
      <div class="columns">
        <section class="panel" aria-label="Situations">
          <h2>Situations reached</h2>
          {reached.length === 0 && <p class="quiet">None.</p>}
          <table class="list">
            <tbody>
              {reached.map(({ name, sentence, trials }) => (
                <tr>
                  <td class="figures mono">{trials}</td>
                  <td>
                    <b>{name}</b> <span class="quiet">{sentence}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <section class="panel" aria-label="Faults">
          <h2>Faults tried</h2>
          <table class="list">
            <thead>
              <tr>
                <th scope="col">fault</th>
                <th scope="col">had an effect</th>
                <th scope="col">changed nothing</th>
              </tr>
            </thead>
            <tbody>
              {data.faults.map((fault) => (
                <tr>
                  <td>{fault.name}</td>
                  <td class="figures mono">{fault.effective}</td>
                  <td class="figures mono quiet">{fault.withoutEffect}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {data.notTried.length > 0 && <p class="quiet shown">not tried: {data.notTried.join(' · ')}</p>}
        </section>
      </div>
      <section class="panel" aria-label="Never reached">
        <h2>Never reached</h2>
        {never.length === 0 ? (
          <p class="quiet">Every situation was reached.</p>
        ) : (
          <ul class="never">
            {never.map(({ name, sentence }) => (
              <li>
                <b>{name}</b> <span class="quiet">{sentence}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      <footer>
        <p class="mono">
          {data.id} · {simulated(data.simulatedSeconds * 1_000_000)} · digest {data.digest}
        </p>
      </footer>
    </div>
  );
}

function VariantRow({ variant, requirements }: { variant: CampaignVariant; requirements: readonly string[] }) {
  const total = variant.acknowledged + variant.refused + variant.unknown;
  return (
    <tr>
      <th scope="row" class="settings-of">
        {variant.name} <span class="quiet">{counted(variant.trials, 'trial')}</span>
      </th>
      {requirements.map((name) => {
        const cell = variant.cells.find(({ requirement }) => requirement === name);
        return cell === undefined ? <td class="quiet">not required</td> : <Cell cell={cell} />;
      })}
      <td>
        {variant.acknowledged.toLocaleString('en')} acknowledged
        <span class="quiet">
          {' '}
          of {total.toLocaleString('en')} · {variant.refused.toLocaleString('en')} refused ·{' '}
          {variant.unknown.toLocaleString('en')} unknown
        </span>
      </td>
      <td>
        {duration(variant.longestOutageMicros)}
        {variant.longestOutageSeed !== null && <span class="quiet"> (seed {variant.longestOutageSeed})</span>}
      </td>
    </tr>
  );
}

function Cell({ cell }: { cell: CampaignCell }) {
  return (
    <td class={`verdict-cell ${cell.verdict}`}>
      <span aria-hidden="true">{verdictWords[cell.verdict].mark}</span>{' '}
      <b>
        {cell.failed}/{cell.of}
      </b>{' '}
      <span class="quiet">{verdictWords[cell.verdict].word.toLowerCase()}</span>{' '}
      {cell.failed === 0 && cell.of > 0 && <span class="bound quiet">under {bound(cell.of)} %</span>}
      <Link href={cell.href}>seed {cell.seed}</Link>
    </td>
  );
}

function Link({ href, children }: { href: string | null; children: ComponentChildren }) {
  return href === null ? null : <a href={href}>{children}</a>;
}

/** Three over n: the upper end of the 95 % interval when nothing was found. */
function bound(trials: number): string {
  const percent = Math.min(100, 300 / trials);
  return percent >= 10 ? percent.toFixed(0) : percent >= 1 ? percent.toFixed(1) : percent.toFixed(2);
}
