/** Small things that several parts of the page use. */
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Verdict } from '../../anomaly.js';

export const verdictWords: Readonly<Record<Verdict, { readonly mark: string; readonly word: string }>> = {
  bug: { mark: '✗', word: 'KAFKA BUG' },
  unsafe: { mark: '✗', word: 'UNSAFE' },
  undecided: { mark: '?', word: 'UNDECIDED' },
  clean: { mark: '✓', word: 'CLEAN' },
};

export function Badge({ verdict }: { verdict: Verdict }) {
  const { mark, word } = verdictWords[verdict];
  return (
    <span class={`badge ${verdict}`}>
      <span aria-hidden="true">{mark}</span> {word}
    </span>
  );
}

/** Colours of leader epochs: neighbours differ most. */
export function epochColour(epoch: number): string {
  return epoch < 0 ? 'var(--none)' : `var(--epoch-${epoch % 6})`;
}

export function CopyButton({
  text,
  label,
  children,
}: {
  text: () => string;
  label: string;
  children: ComponentChildren;
}) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await toClipboard(text());
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" class="button" title={label} onClick={() => void copy()}>
      {copied ? '✓ copied' : children}
    </button>
  );
}

async function toClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages opened from a file may not be given the clipboard; an old way still is.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

export function ThemeButton() {
  const [theme, setTheme] = useState('');
  const turn = (): void => {
    const dark = theme === '' ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
    const next = dark ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    setTheme(next);
  };
  return (
    <button
      type="button"
      class="button theme"
      aria-label="Switch between light and dark"
      title="Light or dark"
      onClick={turn}
    >
      ◐
    </button>
  );
}

/** Keys pressed in a field belong to the field. */
export function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}

/** The size of an element, kept up to date. */
export function useSize(least: { width: number; height: number }): {
  ref: RefObject<HTMLDivElement | null>;
  width: number;
  height: number;
} {
  const ref = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(least);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = (): void => {
      const { clientWidth, clientHeight } = element;
      setSize({ width: Math.max(least.width, clientWidth), height: Math.max(least.height, clientHeight) });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [least.width, least.height]);
  return { ref, ...size };
}

/** A table of which only so many rows are drawn; it says how many there are. */
export function Shown({ shown, of, what, more }: { shown: number; of: number; what: string; more: () => void }) {
  return (
    <p class="shown" aria-live="polite">
      {shown < of
        ? `showing ${shown.toLocaleString('en')} of ${of.toLocaleString('en')} ${what}`
        : `${of.toLocaleString('en')} ${what}`}{' '}
      {shown < of && (
        <button type="button" class="button" onClick={more}>
          more
        </button>
      )}
    </p>
  );
}
