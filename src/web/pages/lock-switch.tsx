import type { JSX } from 'preact';
import { LockIcon } from './icons.tsx';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

/** Deciders get a switch; everybody else reads when it is on. */
export function LockSwitch(props: {
  controller: PageController;
  locked: boolean;
  decides: boolean;
}): JSX.Element | null {
  const { controller, locked, decides } = props;
  const t = useWords().t.people;
  if (!decides) {
    return locked ? (
      <p class="lock-note">
        <LockIcon />
        {t.lockedNote}
      </p>
    ) : null;
  }
  return (
    <div class="lock-row">
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={locked}
        aria-labelledby="lock-label"
        aria-describedby="lock-hint"
        onClick={() => controller.setLocked(!locked)}
      >
        <span class="switch-knob" />
      </button>
      <div>
        <p id="lock-label" class="lock-label">
          {t.lock}
        </p>
        <p id="lock-hint" class="quiet">
          {t.lockHint}
        </p>
      </div>
    </div>
  );
}
