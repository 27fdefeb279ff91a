import type { JSX } from 'preact';
import { FileButton } from './file-button.tsx';
import type { GivenFile } from './given-file.ts';
import { useWords } from './use-words.ts';

interface DropCardProps {
  readonly fault: string | null;
  readonly progress: { readonly name: string; readonly part: number } | null;
  readonly onFiles: (files: readonly GivenFile[]) => void;
}

export function DropCard({ fault, progress, onFiles }: DropCardProps): JSX.Element {
  const { start } = useWords().t;
  const [made = '', format = ''] = start.made;
  return (
    <>
      <section class="drop-intro">
        <h1>{start.title}</h1>
        <p class="lead">{start.lead}</p>
      </section>
      <section class="card drop-card" aria-labelledby="drop-title">
        <h2 id="drop-title">{progress === null ? start.drop : start.checking(progress.name)}</h2>
        {progress === null ? (
          <>
            <p class="quiet">
              {made}
              <code>latchkey ledger export --out FILE</code>
              {format}
            </p>
            <FileButton label={start.choose} main onFiles={onFiles} />
            <p class="quiet drop-kept">{start.kept}</p>
          </>
        ) : (
          <progress class="drop-progress" max={1} value={progress.part} aria-labelledby="drop-title" />
        )}
        <p role="alert" class="error">
          {fault}
        </p>
      </section>
      <section class="verify-notes" aria-label={start.notesLabel}>
        {start.notes.map(([title, body]) => (
          <div key={title}>
            <h3>{title}</h3>
            <p>{body}</p>
          </div>
        ))}
      </section>
    </>
  );
}
