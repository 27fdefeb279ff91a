import type { JSX } from 'preact';
import type { LogFile } from './read-log.ts';

interface DropCardProps {
  readonly fault: string | null;
  readonly progress: { readonly name: string; readonly part: number } | null;
  readonly onFile: (file: LogFile) => void;
}

export function DropCard({ fault, progress, onFile }: DropCardProps): JSX.Element {
  return (
    <>
      <section class="drop-intro">
        <h1>Check a consent ledger</h1>
        <p class="lead">
          A Latchkey ledger says who gave the key of a meeting to a phone bridge, when it was taken back, and
          which caller could hear in between. This page checks every signature and every hash in it, here in
          your browser.
        </p>
      </section>
      <section class="card drop-card" aria-labelledby="drop-title">
        <h2 id="drop-title">{progress === null ? 'Drop an export here' : `Checking ${progress.name}`}</h2>
        {progress === null ? (
          <>
            <p class="quiet">
              Made with <code>latchkey ledger export --out FILE</code>: one file in JSON lines.
            </p>
            <label class="button button-main file-button">
              Choose a file
              <input
                type="file"
                class="file-input"
                onChange={(event) => {
                  const file = event.currentTarget.files?.[0];
                  if (file !== undefined) onFile(file);
                }}
              />
            </label>
          </>
        ) : (
          <progress class="drop-progress" max={1} value={progress.part} aria-labelledby="drop-title" />
        )}
        <p role="alert" class="error">
          {fault}
        </p>
      </section>
      <section class="verify-notes" aria-label="What this page does">
        <div>
          <h3>It needs nobody’s word</h3>
          <p>
            Hosts and members signed what they decided. The page computes from that, not from what the bridge
            says.
          </p>
        </div>
        <div>
          <h3>It works offline</h3>
          <p>It connects to nothing and keeps nothing. Pull the plug first, if you like.</p>
        </div>
        <div>
          <h3>It finds what was changed</h3>
          <p>A byte, an event, an order, a date, a key: what does not hold is named, with its place.</p>
        </div>
      </section>
    </>
  );
}
