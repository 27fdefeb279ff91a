import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { announcements } from './announce.ts';
import type { PageView } from './view.ts';

/** One polite live region that tells, in words, what the screen shows by change. Alarms and the prompt speak themselves. */
export function Announcer({ view }: { view: PageView }): JSX.Element {
  const before = useRef<PageView | null>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    const lines = [
      ...announcements(before.current?.meeting ?? null, view.meeting, view.words),
      ...ofMicrophone(before.current, view),
    ];
    before.current = view;
    if (lines.length > 0) setSaid(lines.join('. '));
  }, [view]);
  return (
    <p class="visually-hidden" role="status">
      {said}
    </p>
  );
}

function ofMicrophone(before: PageView | null, now: PageView): readonly string[] {
  if (before === null || before.microphone.state === now.microphone.state) return [];
  const { say } = now.words.t;
  if (now.microphone.state === 'muted') return [say.muted];
  return now.microphone.state === 'on' ? [say.unmuted] : [];
}
