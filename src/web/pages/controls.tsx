import type { JSX } from 'preact';
import { AskInPlace } from './ask-in-place.tsx';
import { MicIcon, MicOffIcon } from './icons.tsx';
import type { MicrophoneView, PageController, PageView } from './view.ts';
import { useWords } from './use-words.ts';

export function Controls({ controller, view }: { controller: PageController; view: PageView }): JSX.Element {
  const t = useWords().t.controls;
  return (
    <footer class="controls" aria-label={t.label}>
      <MicrophoneNotice controller={controller} view={view} />
      <div class="controls-row">
        <MuteButton controller={controller} microphone={view.microphone} />
        <MicrophoneChoice controller={controller} microphone={view.microphone} />
        <span class="spacer" />
        {view.meeting?.role === 'host' ? (
          <EndForAll controller={controller} />
        ) : (
          <button type="button" class="button" onClick={() => controller.leave()}>
            {t.leave}
          </button>
        )}
      </div>
    </footer>
  );
}

function MicrophoneNotice({
  controller,
  view,
}: {
  controller: PageController;
  view: PageView;
}): JSX.Element | null {
  const { t: words } = useWords();
  const t = words.controls;
  if (view.playbackBlocked) {
    return (
      <p class="controls-note" role="alert">
        <span>{t.listenNote}</span>
        <button type="button" class="button button-main" onClick={() => controller.allowPlayback()}>
          {t.listen}
        </button>
      </p>
    );
  }
  const { state } = view.microphone;
  if (state !== 'denied' && state !== 'missing' && state !== 'failed') return null;
  return (
    <p class="controls-note" role="alert">
      <span>{t[state]}</span>
      <button type="button" class="button" onClick={() => controller.retryMicrophone()}>
        {words.again}
      </button>
    </p>
  );
}

function MuteButton(props: { controller: PageController; microphone: MicrophoneView }): JSX.Element {
  const { controller, microphone } = props;
  const t = useWords().t.controls;
  const live = microphone.state === 'on';
  const usable = live || microphone.state === 'muted';
  return (
    <button
      type="button"
      class={live ? 'button button-mic' : 'button button-mic button-mic-off'}
      disabled={!usable}
      onClick={() => controller.toggleMute()}
    >
      {live ? <MicIcon /> : <MicOffIcon />}
      <span>{live ? t.mute : usable ? t.unmute : t.off}</span>
    </button>
  );
}

function MicrophoneChoice(props: {
  controller: PageController;
  microphone: MicrophoneView;
}): JSX.Element | null {
  const { controller, microphone } = props;
  const t = useWords().t.controls;
  if (microphone.devices.length < 2) return null;
  return (
    <label class="mic-choice">
      <span class="visually-hidden">{t.microphone}</span>
      <select
        value={microphone.deviceId ?? ''}
        onChange={(event) => controller.chooseMicrophone(event.currentTarget.value)}
      >
        {microphone.devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label === '' ? t.defaultMicrophone : device.label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Ending is for everybody and cannot be undone, so it asks once, in place. */
function EndForAll({ controller }: { controller: PageController }): JSX.Element {
  const t = useWords().t.controls;
  return (
    <AskInPlace
      class="button"
      ask={t.endAsk}
      yes={t.endYes}
      no={t.endNo}
      onYes={() => controller.endForAll()}
    >
      {t.end}
    </AskInPlace>
  );
}
