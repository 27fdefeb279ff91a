import type { JSX } from 'preact';
import type { GivenFile } from './given-file.ts';

interface FileButtonProps {
  readonly label: string;
  readonly main?: boolean;
  readonly onFiles: (files: readonly GivenFile[]) => void;
}

/** A button that asks for files: the input itself, so that the keyboard reaches it. */
export function FileButton({ label, main = false, onFiles }: FileButtonProps): JSX.Element {
  return (
    <label class={main ? 'button button-main file-button' : 'button file-button'}>
      {label}
      <input
        type="file"
        multiple
        class="file-input"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          // The same file may be chosen once more.
          event.currentTarget.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}
