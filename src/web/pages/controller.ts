import { utf8, utf8Text } from '../../base/bytes.ts';
import { browserDevice, indexedDbStore, type WorkerClock } from '../adapters/browser.ts';
import { createLevels, type Levels } from '../browser/levels.ts';
import { createMicrophone, type Microphone } from '../browser/microphone.ts';
import { missingFeatures } from '../browser/support.ts';
import type { DeviceKey, HostSession, MeetingView, Store } from '../host/session.ts';
import { createAttention } from './attention.ts';
import { createClicks } from './decisions.ts';
import { createEvidence } from './evidence.ts';
import { isHostSession, type Flow, type FlowTools } from './flow.ts';
import { noHearing } from './hearing.ts';
import { createHearingWatch } from './hearing-watch.ts';
import { createMeetingRun, type MeetingRun } from './meeting-run.ts';
import { keepLanguage, keptLanguage } from './kept-language.ts';
import { chooseLanguage, type Language } from './text/languages.ts';
import { createViewState, type ViewState } from './view-state.ts';
import type { Blocked, Ended } from './reasons.ts';
import type { MeetingPlan, PageController, PageView, Role } from './view.ts';
import { wordsOf, type Words } from './words.ts';

/** The live pages: from the click on "Start" to the end, over a real browser, a real server and a real session. */

export interface ControllerOptions {
  readonly role: Role;
  readonly clock: WorkerClock;
  readonly frameWorkerUrl: string;
  readonly document: Document;
  createFlow(tools: FlowTools): Flow;
}

/** What the page has once its browser was found fit. */
interface Ready {
  readonly flow: Flow;
  readonly device: DeviceKey;
  readonly page: Store;
  readonly ledgers: Store;
}

/** What exists from the first click on: sound needs one. */
interface Sound {
  readonly context: AudioContext;
  readonly levels: Levels;
}

/** The page's own meter, before the session has given this page an identity. */
const ownMeter = 'own-microphone';
const nameKey = 'name';
const noPlan: MeetingPlan = { coHosts: [], onHostChange: 'ask-again' };

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

export function createController(options: ControllerOptions): PageController {
  const { clock } = options;
  let ready: Ready | null = null;
  let sound: Sound | null = null;
  let run: MeetingRun | null = null;
  let unfollow = (): void => undefined;
  let lastMeetingId = '';
  const after = (ms: number, fn: () => void): (() => void) => {
    const timer = clock.after(ms, fn);
    return () => timer.cancel();
  };
  const state: ViewState<PageView> = createViewState(
    firstView(
      options.role,
      wordsOf(chooseLanguage(keptLanguage(), navigator.languages), navigator.languages),
    ),
  );
  const microphone: Microphone = createMicrophone({
    onChange: () => state.show({ microphone: microphone.view }),
    onTrack(track) {
      run?.setMicrophone(track);
      if (track === null) sound?.levels.remove(ownMeter);
      else sound?.levels.add(ownMeter, track);
    },
  });
  const attention = createAttention({
    document: options.document,
    flashText: () => state.view.words.t.prompt.flash,
    after,
    audio: () => sound?.context ?? null,
  });

  const leave = async (why: Ended, reason: string): Promise<void> => {
    const last = run;
    run = null;
    unfollow();
    attention.lower();
    hearing.stop();
    microphone.close();
    state.show({ stage: { kind: 'ended', why }, meeting: null, invitation: null, problem: null });
    if (why === 'you-ended') await ready?.flow.forget();
    await last?.close(reason);
  };
  const hearing = createHearingWatch(clock, (book) => state.show({ hearing: book }));
  const evidence = createEvidence();
  /** Asked for at each event until there is some, and once more at the end. */
  const lookForEvidence = async (): Promise<void> => {
    const session = run?.session;
    if (session === undefined || !isHostSession(session)) return;
    state.show({ evidence: await evidence.look(session) });
  };
  const onView = (meeting: MeetingView): void => {
    lastMeetingId = meeting.meetingId;
    const before = state.view.meeting?.history.length ?? 0;
    state.show({ meeting, hearing: hearing.follow(meeting) });
    if (!state.view.evidence && meeting.history.length !== before) {
      lookForEvidence().catch(() => undefined);
    }
    if (meeting.prompt === null) attention.lower();
    else attention.raise();
  };

  const block = (why: Blocked): void => state.show({ stage: { kind: 'blocked', why, retry: mayRetry(why) } });

  const prepare = async (): Promise<void> => {
    const missing = await missingFeatures();
    if (missing.length > 0) {
      state.show({ stage: { kind: 'unsupported', missing } });
      return;
    }
    ready ??= await makeReady(options);
    const prepared = await ready.flow.prepare();
    if (!prepared.ok) {
      block(prepared.reason);
      return;
    }
    if ('code' in prepared.value) {
      state.show({ stage: { kind: 'co-host-code', code: prepared.value.code } });
      return;
    }
    const kept = await ready.page.get(nameKey);
    const name = kept === null ? '' : (utf8Text(kept) ?? '');
    state.show({ stage: { kind: 'start', name, ...prepared.value } });
  };

  const start = async (name: string, plan: MeetingPlan, where: Ready): Promise<void> => {
    const { flow, device, page, ledgers } = where;
    // Made inside the click, or the browser keeps it silent.
    sound ??= createSound();
    void sound.context.resume();
    state.show({ stage: { kind: 'connecting', step: 'microphone' } });
    await microphone.open();
    state.show({ stage: { kind: 'connecting', step: 'keys' } });
    await page.set(nameKey, utf8(name));
    const entered = await flow.enter(name, plan);
    if (!entered.ok) {
      if (entered.reason === 'other-tab') await leave('other-tab', 'other-tab');
      else block(entered.reason);
      return;
    }
    const entry = entered.value;
    state.show({ stage: { kind: 'connecting', step: 'server' } });
    const next = createMeetingRun({
      entry,
      name,
      device,
      ledgers,
      clock,
      random,
      frameWorkerUrl: options.frameWorkerUrl,
      levels: sound.levels,
      container: options.document.body,
      onView,
      onConnection: (connection) => state.show({ connection }),
      onPlayback: (playbackBlocked) => state.show({ playbackBlocked }),
      onEnded: (why) => void leave(why, why),
    });
    run = next;
    next.setMicrophone(microphone.track);
    const started = await next.start();
    if (run !== next) return;
    if (!started.ok) {
      run = null;
      await next.close(started.reason);
      block(started.reason);
      return;
    }
    const { invitation, operators } = entry;
    state.show({ stage: { kind: 'meeting' }, invitation, operators });
    unfollow = flow.follow?.(clock, (now) => state.show({ invitation: now })) ?? (() => undefined);
    onView(next.session.view);
  };

  /** Nothing that went wrong unforeseen leaves the page on a spinning wheel. */
  const guarded = (work: Promise<void>): void => {
    work.catch(async () => {
      const last = run;
      run = null;
      state.show({ stage: { kind: 'blocked', why: 'unexpected', retry: true }, meeting: null });
      await last?.close('page-failed').catch(() => undefined);
    });
  };
  const clicks = createClicks({
    session: () => run?.session ?? null,
    onProblem: (problem) => state.show({ problem }),
  });
  const saveEvidence = async (): Promise<void> => {
    // The newest there is; what was found before where the session no longer answers.
    await lookForEvidence().catch(() => undefined);
    evidence.save(options.document, lastMeetingId);
  };
  const endAll = async (session: HostSession): Promise<void> => {
    await session.end();
    // With the end itself in it; that it cannot be had is no reason not to end.
    await lookForEvidence().catch(() => undefined);
    await leave('you-ended', 'ended');
  };
  const myIdentity = (): string | undefined => state.view.meeting?.members.find((m) => m.isMe)?.identity;

  // A page that goes away says goodbye, so that the others need not wait for a time-out to notice.
  options.document.defaultView?.addEventListener('pagehide', () => void run?.close('page-left'));
  // Another link pasted into the address bar changes the part behind the # only, which loads nothing by itself.
  options.document.defaultView?.addEventListener('hashchange', () => {
    if (run === null) location.reload();
  });
  const speak = ({ language, t }: Words): void => {
    attention.lower();
    options.document.documentElement.lang = language;
    options.document.title = options.role === 'host' ? t.titleHost : t.titleMember;
    if (state.view.meeting?.prompt != null) attention.raise();
  };
  speak(state.view.words);
  guarded(prepare());

  return {
    get view() {
      return state.view;
    },
    subscribe: (listener) => state.subscribe(listener),
    monoMs: () => clock.monoMs(),
    wallMs: () => clock.wallMs(),
    after,
    level: (identity) => sound?.levels.level(identity === myIdentity() ? ownMeter : identity) ?? 0,
    setLanguage(language: Language) {
      keepLanguage(language);
      const words = wordsOf(language, navigator.languages);
      state.show({ words });
      speak(words);
    },
    start(name, plan = noPlan) {
      if (ready !== null && state.view.stage.kind === 'start') guarded(start(name, plan, ready));
    },
    retry: () => location.reload(),
    leave: () => guarded(leave('you-left', 'left')),
    toggleMute() {
      microphone.toggleMute();
      run?.setMuted(microphone.view.state === 'muted');
    },
    chooseMicrophone: (deviceId) => void microphone.open(deviceId),
    retryMicrophone: () => void microphone.open(),
    allowPlayback() {
      void sound?.context.resume();
      void run?.startPlayback();
    },
    copy,
    ...clicks,
    takeOver() {
      state.show({ problem: null });
      run?.takeOver().catch(() => state.show({ problem: 'take-over-failed' }));
    },
    async drawPin() {
      state.show({ problem: null });
      const drawn = ready?.flow.drawPin?.((now) => state.show({ invitation: now }));
      if (!(await (drawn ?? Promise.resolve(false)).catch(() => false)))
        state.show({ problem: 'pin-failed' });
    },
    saveEvidence: () => void saveEvidence(),
    endForAll() {
      const session = run?.session;
      state.show({ problem: null });
      if (session === undefined || !isHostSession(session)) return;
      endAll(session).catch(() => state.show({ problem: 'revoke-failed' }));
    },
  };
}

/** Trying again helps where something outside may change; not where the link itself is spent or wrong. */
function mayRetry(why: Blocked): boolean {
  return ['server-unreachable', 'too-many-requests', 'meeting-full', 'unexpected'].includes(why);
}

function firstView(role: Role, words: Words): PageView {
  return {
    role,
    stage: { kind: 'loading' },
    meeting: null,
    hearing: noHearing,
    microphone: { state: 'off', devices: [], deviceId: null },
    connection: 'connected',
    playbackBlocked: false,
    invitation: null,
    operators: [],
    evidence: false,
    problem: null,
    words,
  };
}

async function makeReady(options: ControllerOptions): Promise<Ready> {
  const device = await browserDevice(options.role);
  const store = indexedDbStore;
  return {
    flow: options.createFlow({ device, store, random }),
    device,
    page: store(`page-${options.role}`),
    ledgers: store(`ledgers-${options.role}`),
  };
}

function createSound(): Sound {
  const context = new AudioContext();
  return { context, levels: createLevels(context) };
}

async function copy(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false;
  }
}
