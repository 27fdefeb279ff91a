import { delay, type Clock } from '../../base/clock.ts';
import { signPinAsk, signPinDraw } from '../host/index.ts';
import type { DeviceKey } from '../host/session.ts';
import type { Api, RoomPin } from './api.ts';

/** The PIN that the host's browser has last heard of. */
export interface KnownPin {
  readonly pin: string;
  readonly pinId: string | null;
}

export type PinNews =
  /** It is the one that callers need still. */
  | { readonly kind: 'same'; readonly known: KnownPin }
  | { readonly kind: 'new'; readonly known: KnownPin }
  /** Another one is in force, and the connector cannot say which: whoever runs it can. */
  | { readonly kind: 'replaced' };

/** What the connector's answer means to whoever knows `known`. */
export function pinNews(known: KnownPin, { pinId, pin }: RoomPin): PinNews {
  if (pinId === known.pinId) return { kind: 'same', known };
  if (pin !== null) return { kind: pin === known.pin ? 'same' : 'new', known: { pin, pinId } };
  // A page of before the connector named its PINs: nothing was replaced since then in this process.
  return known.pinId === null ? { kind: 'same', known: { ...known, pinId } } : { kind: 'replaced' };
}

const askEveryMs = 60_000;

export interface PinWatch {
  readonly api: Pick<Api, 'pinChallenge' | 'pin' | 'newPin'>;
  readonly device: DeviceKey;
  readonly meetingId: string;
  readonly clock: Clock;
  readonly onPin: (pin: RoomPin) => void;
}

/** Has the connector draw another PIN in place of the one that is in force; whether that was done. Where it is known after all, that one is told. */
export async function drawPin({ api, device, meetingId, onPin }: Omit<PinWatch, 'clock'>): Promise<boolean> {
  const challenge = await api.pinChallenge(meetingId);
  if (!challenge.ok) return false;
  const asked = await api.pin(
    meetingId,
    challenge.value,
    await signPinAsk(device, meetingId, challenge.value),
  );
  if (!asked.ok) return false;
  if (asked.value.pin !== null) {
    onPin(asked.value);
    return true;
  }
  const ask = { challenge: challenge.value, replaces: asked.value.pinId };
  const signature = await signPinDraw(device, { meetingId, ...ask });
  const drawn = await api.newPin(meetingId, { ...ask, signature });
  if (!drawn.ok) return false;
  onPin(drawn.value);
  return drawn.value.pin !== null;
}

/** Asks with the host's signature, now and once a minute; what is refused or not answered is asked again the next time. */
export function watchPin({ api, device, meetingId, clock, onPin }: PinWatch): () => void {
  const stop = new AbortController();
  const ask = async (): Promise<void> => {
    const challenge = await api.pinChallenge(meetingId);
    if (!challenge.ok) return;
    const signature = await signPinAsk(device, meetingId, challenge.value);
    const answer = await api.pin(meetingId, challenge.value, signature);
    if (answer.ok && !stop.signal.aborted) onPin(answer.value);
  };
  void (async () => {
    while (!stop.signal.aborted) {
      await ask().catch(() => undefined);
      await delay(clock, askEveryMs);
    }
  })();
  return () => stop.abort();
}
