import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { UnreadableLog } from '../../ledger/verify/source.ts';
import { checkFile, type Checked, type LogFile } from './read-log.ts';
import { Result } from './result.tsx';
import { DropCard } from './drop-card.tsx';

type State =
  | { readonly kind: 'empty'; readonly fault: string | null }
  | { readonly kind: 'reading'; readonly file: LogFile; readonly read: number }
  | { readonly kind: 'checked'; readonly file: LogFile; readonly trust: string; readonly checked: Checked };

/** Drop a file, see whether it verifies, and who could hear when. Nothing leaves the page: it may connect to nowhere. */
export function App(): JSX.Element {
  const [state, setState] = useState<State>({ kind: 'empty', fault: null });
  // A file that is dropped while another is read takes its place.
  const turn = useRef(0);
  const check = (file: LogFile, trust: string): void => {
    const mine = (turn.current += 1);
    const set = (next: State): void => {
      if (turn.current === mine) setState(next);
    };
    set({ kind: 'reading', file, read: 0 });
    checkFile(file, trustedOf(trust), (read) => set({ kind: 'reading', file, read })).then(
      (checked) => set({ kind: 'checked', file, trust, checked }),
      (error: unknown) => set({ kind: 'empty', fault: faultText(file, error) }),
    );
  };
  useDrop((file) => check(file, ''));
  return (
    <div class="page verify-page">
      <header class="top">
        <span class="wordmark">
          <span class="wordmark-key" aria-hidden="true" />
          Latchkey
        </span>
        <span class="top-private">Nothing leaves this page</span>
      </header>
      <main class="meeting">
        {state.kind === 'checked' ? (
          <Result
            name={state.file.name}
            trust={state.trust}
            checked={state.checked}
            onTrust={(trust) => check(state.file, trust)}
            onOther={() => setState({ kind: 'empty', fault: null })}
          />
        ) : (
          <DropCard
            fault={state.kind === 'empty' ? state.fault : null}
            progress={state.kind === 'reading' ? { name: state.file.name, part: partOf(state) } : null}
            onFile={(file) => check(file, '')}
          />
        )}
      </main>
    </div>
  );
}

const partOf = ({ file, read }: { readonly file: LogFile; readonly read: number }): number =>
  file.size === 0 ? 0 : Math.min(1, read / file.size);

/** Thumbprints as people paste them: with spaces, or one a line. */
const trustedOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((part) => part !== '');

const faultText = (file: LogFile, error: unknown): string =>
  error instanceof UnreadableLog
    ? `“${file.name}” cannot be read: ${error.message}.`
    : `“${file.name}” cannot be read by this browser.`;

/** Anywhere on the page, so that nobody has to aim. */
function useDrop(onFile: (file: LogFile) => void): void {
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      document.body.classList.add('dragging');
    };
    const leave = (): void => document.body.classList.remove('dragging');
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      leave();
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) latest.current(file);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
}
