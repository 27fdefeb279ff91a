import { join } from 'node:path';
import { addChord, type Party } from './chord.ts';
import { Listener } from './listener.ts';
import { dtmfPayloadType, frameSamples, PhoneAudio, rate } from './phone-audio.ts';
import { PromptEar } from './prompt-ear.ts';
import { SipCaller } from './sip-caller.ts';
import { SoundBook } from './sound-book.ts';
import { readWav, writeWav } from './wav.ts';
import { serveParty, type Line } from './wire.ts';

/**
 * The phone: a SIP and RTP endpoint that imports nothing of the connector. It speaks and hums from the moment the call
 * is answered until it is over, and reports what it hears, never what it is told.
 */
interface CallerStart extends Line {
  readonly target: string;
  /** Its number; unset: one that everybody may know. */
  readonly from?: string;
  readonly promptsDir: string;
  /** Prompts that it recognises when it hears them. */
  readonly prompts: readonly string[];
  readonly listenFor: readonly Party[];
  /** Folder for the recording of what it heard, or null. */
  readonly keep: string | null;
}

const host = '127.0.0.1';
const humLevel = 0.06;
const speechLevel = 0.35;

function speakerOf(path: string): (at: number) => Int16Array {
  const { samples } = readWav(path);
  return (at) => {
    const frame = new Int16Array(frameSamples);
    for (let i = 0; i < frameSamples; i++) frame[i] = (samples[(at + i) % samples.length] ?? 0) * speechLevel;
    addChord(frame, 'caller', rate, at, humLevel);
    return frame;
  };
}

/** What a phone offers: G.711 and telephone events (RFC 4733). */
function offer(port: number): string {
  return [
    'v=0',
    `o=caller 1 1 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 ${dtmfPayloadType}`,
    'a=rtpmap:0 PCMU/8000',
    `a=rtpmap:${dtmfPayloadType} telephone-event/8000`,
    `a=fmtp:${dtmfPayloadType} 0-15`,
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
}

serveParty(async (line, emit) => {
  const start = line as CallerStart;
  const listener = new Listener(rate, start.listenFor, (party, hears) =>
    emit({ kind: 'hears', party, hears }),
  );
  const ear = new PromptEar(start.promptsDir, start.prompts, (name) => emit({ kind: 'prompt', name }));
  const codes: { readonly code: Buffer; readonly at: number }[] = [];
  const audio = new PhoneAudio({
    host,
    speak: speakerOf(join(import.meta.dirname, 'speech.wav')),
    onFrame: (frame, code, at) => {
      codes.push({ code, at });
      listener.push(frame, at);
      ear.push(frame);
    },
  });
  const port = await audio.open();
  const sip = new SipCaller({
    host,
    target: start.target,
    from: `sip:${start.from ?? '+4930555012345'}@latchkey.example`,
    sdp: offer(port),
    events: {
      onProgress: (status) => emit({ kind: 'progress', status }),
      onAnswered: (remote) => {
        audio.start(remote);
        emit({ kind: 'answered' });
      },
      onRefused: (status, contact) => emit({ kind: 'refused', status, contact }),
      onEnded: (by, reason) => emit({ kind: 'ended', by, reason }),
    },
  });
  const keep = (): void => {
    if (start.keep === null) return;
    writeWav(join(start.keep, 'caller-heard.wav'), { rate, samples: audio.recording() });
    emit({ kind: 'kept' });
  };
  const report = (): void => {
    keep();
    const book = new SoundBook(start.promptsDir);
    const strange = codes.filter(({ code }) => !book.isKnown(code)).map(({ at }) => at);
    emit({ kind: 'report', hearing: listener.hearing(), strange, streams: audio.streams });
  };
  return (command) => {
    if (command.kind === 'call') return sip.call();
    if (command.kind === 'dial') audio.dial(String(command.digits));
    else if (command.kind === 'hang-up') sip.hangUp();
    else if (command.kind === 'keep') keep();
    else if (command.kind === 'report') report();
    else throw new Error(`unknown command ${command.kind}`);
    return undefined;
  };
});
