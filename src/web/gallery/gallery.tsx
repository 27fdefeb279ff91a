import { render } from 'preact';
import { App } from '../pages/app.tsx';
import { isLanguage } from '../pages/text/languages.ts';
import type { PageController, PageView } from '../pages/view.ts';
import { wordsOf } from '../pages/words.ts';
import { wallMs } from './cast.ts';
import { states } from './states.ts';

/** Shows any state of the pages without a server, by name: for screenshots, accessibility checks and design work. */

export interface Gallery {
  readonly names: readonly string[];
  /** Every action that was clicked, with its arguments. */
  readonly calls: unknown[][];
  show(name: string, promptLiveInMs?: number): void;
  /** `de`, as the language's choice on the page does. */
  speak(language: string): void;
}

declare global {
  interface Window {
    gallery: Gallery;
  }
}

/* eslint-disable no-restricted-properties, no-restricted-globals -- a page of its own that has no session clock */
const clock = {
  monoMs: () => performance.now(),
  /** Stands still, so that a picture of a state is the same each time. */
  wallMs: () => wallMs + 140_000,
  after(ms: number, fn: () => void) {
    const handle = setTimeout(fn, ms);
    return () => clearTimeout(handle);
  },
};
/* eslint-enable no-restricted-properties, no-restricted-globals */

const preferred = ['en-GB'];
let words = wordsOf('en', preferred);
let listener: (view: PageView) => void = () => undefined;
let view = states[location.hash.slice(1)] ?? states['host-people'];
speak(location.search.slice(1));
const calls: unknown[][] = [];
const note =
  (name: string) =>
  (...args: unknown[]): void =>
    void calls.push([name, ...args]);

function speak(language: string): void {
  if (isLanguage(language)) words = wordsOf(language, preferred);
  document.documentElement.lang = words.language;
  if (view !== undefined) view = { ...view, words };
  if (view !== undefined) listener(view);
}

/** Levels stand still, so that a screenshot of a state is the same each time. */
const levels: Readonly<Record<string, number>> = { 'p-Zm9vQk1x': 0.75, 'p-TGF0Y2g5': 0.15, 'leg-1': 0.5 };

function controllerOf(first: PageView): PageController {
  let current = first;
  listener = () => undefined;
  return {
    get view() {
      return current;
    },
    subscribe(l) {
      listener = (next) => {
        current = next;
        l(next);
      };
      return () => undefined;
    },
    ...clock,
    level: (identity) => levels[identity] ?? 0,
    setLanguage: speak,
    start: note('start'),
    retry: note('retry'),
    leave: note('leave'),
    toggleMute: note('toggleMute'),
    chooseMicrophone: note('chooseMicrophone'),
    retryMicrophone: note('retryMicrophone'),
    allowPlayback: note('allowPlayback'),
    copy: (copied) => {
      note('copy')(copied);
      return Promise.resolve(true);
    },
    approve: note('approve'),
    deny: note('deny'),
    revoke: note('revoke'),
    endLeg: note('endLeg'),
    muteLeg: note('muteLeg'),
    setLocked: note('setLocked'),
    admitMember: note('admitMember'),
    refuseMember: note('refuseMember'),
    removeMember: note('removeMember'),
    invitePhone: note('invitePhone'),
    cancelInvite: note('cancelInvite'),
    drawPin: () => {
      note('drawPin')();
      return Promise.resolve();
    },
    takeOver: note('takeOver'),
    saveEvidence: note('saveEvidence'),
    endForAll: note('endForAll'),
  };
}

const root = document.getElementById('app');
root?.replaceChildren();
if (view !== undefined && root !== null) render(<App controller={controllerOf(view)} />, root);

window.gallery = {
  names: Object.keys(states),
  calls,
  speak,
  show(name, promptLiveInMs) {
    const next = states[name];
    if (next === undefined) throw new Error(`no state ${name}`);
    const live = clock.monoMs() + (promptLiveInMs ?? 0);
    const shown =
      promptLiveInMs === undefined || next.meeting?.prompt == null
        ? next
        : { ...next, meeting: { ...next.meeting, prompt: { ...next.meeting.prompt, liveFromMonoMs: live } } };
    view = { ...shown, words };
    listener(view);
  },
};
