import type { JSX } from 'preact';
import { FileButton } from './file-button.tsx';
import type { Given, GivenFile } from './given-file.ts';
import { useWords } from './use-words.ts';

interface KeptCardProps {
  readonly given: Given;
  readonly onGiven: (given: Given, more: readonly GivenFile[]) => void;
}

/** What the ledger is held against, and where more of it is added or taken away. */
export function KeptCard({ given, onGiven }: KeptCardProps): JSX.Element {
  const { kept: t } = useWords().t;
  const { ledger, evidence, checkpoints } = given;
  const removable = ledger !== null;
  return (
    <section class="card" aria-labelledby="kept-title">
      <h2 id="kept-title">{t.title}</h2>
      {evidence === null && checkpoints.length === 0 ? (
        <p class="quiet">{t.none}</p>
      ) : (
        <ul class="kept">
          {evidence !== null && (
            <Kept
              what={t.evidence}
              name={evidence.name}
              onRemove={removable ? () => onGiven({ ...given, evidence: null }, []) : null}
            />
          )}
          {checkpoints.map((file) => (
            <Kept
              key={file.name}
              what={t.checkpoint}
              name={file.name}
              onRemove={() =>
                onGiven({ ...given, checkpoints: checkpoints.filter((other) => other !== file) }, [])
              }
            />
          ))}
        </ul>
      )}
      <FileButton label={t.add} onFiles={(files) => onGiven(given, files)} />
    </section>
  );
}

interface KeptProps {
  readonly what: string;
  readonly name: string;
  readonly onRemove: (() => void) | null;
}

function Kept({ what, name, onRemove }: KeptProps): JSX.Element {
  const { kept: t } = useWords().t;
  return (
    <li>
      <span class="kept-words">
        <span class="quiet">{what}</span>
        <span class="kept-name">{name}</span>
      </span>
      {onRemove !== null && (
        <button type="button" class="button" aria-label={t.remove(name)} onClick={onRemove}>
          ×
        </button>
      )}
    </li>
  );
}
