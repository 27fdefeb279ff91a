import type { Device, MicrophoneView } from '../pages/view.ts';

/** The microphone of this page: asked for once, chosen and muted by the person, watched for being unplugged. */
export interface Microphone {
  readonly view: MicrophoneView;
  /** The live track, or null. It stays the same object until another device is chosen. */
  readonly track: MediaStreamTrack | null;
  /** Asks the browser; never rejects, the view says what came of it. */
  open(deviceId?: string): Promise<void>;
  toggleMute(): void;
  close(): void;
}

export interface MicrophoneOptions {
  onChange(): void;
  /** Another device, or none: the track to send from now on. */
  onTrack(track: MediaStreamTrack | null): void;
}

function stateOfError(error: unknown): 'denied' | 'missing' | 'failed' {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'failed';
}

async function listDevices(): Promise<readonly Device[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter((device) => device.kind === 'audioinput' && device.deviceId !== '')
    .map((device) => ({ id: device.deviceId, label: device.label }));
}

export function createMicrophone(options: MicrophoneOptions): Microphone {
  let track: MediaStreamTrack | null = null;
  let muted = false;
  let closed = false;
  let view: MicrophoneView = { state: 'off', devices: [], deviceId: null };
  const show = (change: Partial<MicrophoneView>): void => {
    view = { ...view, ...change };
    options.onChange();
  };
  const refresh = async (): Promise<void> => {
    const devices = await listDevices();
    if (!closed) show({ devices });
  };
  const onDeviceChange = (): void => void refresh();
  navigator.mediaDevices.addEventListener('devicechange', onDeviceChange);

  const take = (next: MediaStreamTrack | null): void => {
    const previous = track;
    track = next;
    if (next !== null) {
      next.enabled = !muted;
      // Unplugged, or taken away by the browser: nothing is sent until the person chooses again.
      next.onended = () => {
        if (track !== next) return;
        take(null);
        show({ state: 'failed' });
      };
    }
    options.onTrack(next);
    previous?.stop();
  };

  return {
    get view() {
      return view;
    },
    get track() {
      return track;
    },
    async open(deviceId) {
      if (track === null) show({ state: 'asking' });
      try {
        const stream = await navigator.mediaDevices.getUserMedia({
          audio: {
            ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
            echoCancellation: true,
            noiseSuppression: true,
            autoGainControl: true,
          },
        });
        const next = stream.getAudioTracks()[0] ?? null;
        if (closed) return next?.stop();
        take(next);
        const id = next?.getSettings().deviceId ?? null;
        show({ state: next === null ? 'missing' : muted ? 'muted' : 'on', deviceId: id });
        await refresh();
      } catch (error) {
        // A device that does not open leaves the one in use as it is.
        if (track === null) show({ state: stateOfError(error) });
      }
      return undefined;
    },
    toggleMute() {
      if (track === null) return;
      muted = !muted;
      track.enabled = !muted;
      show({ state: muted ? 'muted' : 'on' });
    },
    close() {
      closed = true;
      navigator.mediaDevices.removeEventListener('devicechange', onDeviceChange);
      const last = track;
      track = null;
      last?.stop();
    },
  };
}
