import type { JSX } from 'preact';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

/** What a host can keep of a meeting: whoever reads it needs neither this page nor the bridge. */
export function EvidenceCard({ controller }: { controller: PageController }): JSX.Element {
  const t = useWords().t.evidence;
  return (
    <section class="card evidence">
      <p class="quiet">{t.lead}</p>
      <p class="button-row">
        <button type="button" class="button" onClick={() => controller.saveEvidence()}>
          {t.save}
        </button>
      </p>
    </section>
  );
}
