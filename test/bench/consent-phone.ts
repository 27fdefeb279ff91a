import { addChord, type Party } from '../demo/chord.ts';
import { Listener } from '../demo/listener.ts';
import { dtmfPayloadType, frameSamples, PhoneAudio, rate } from '../demo/phone-audio.ts';
import { PromptEar } from '../demo/prompt-ear.ts';
import { SipCaller } from '../demo/sip-caller.ts';
import { serveParty, type Line } from '../demo/wire.ts';

/** A phone that calls again and again: per call it says when it heard whom, to the 20 ms frame. */
interface PhoneStart extends Line {
  readonly target: string;
  readonly promptsDir: string;
}

const host = '127.0.0.1';
const listenFor: readonly Party[] = ['host', 'member'];

const offer = (port: number): string =>
  [
    'v=0',
    `o=bench 1 1 IN IP4 ${host}`,
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

interface Call {
  readonly audio: PhoneAudio;
  readonly sip: SipCaller;
  readonly listener: Listener;
}

serveParty((line, emit) => {
  const start = line as PhoneStart;
  let current: Call | null = null;

  const call = async (): Promise<void> => {
    const listener = new Listener(rate, listenFor, (party, hears) => emit({ kind: 'hears', party, hears }));
    const ear = new PromptEar(start.promptsDir, ['welcome-enter-pin', 'notice'], (name) =>
      emit({ kind: 'prompt', name }),
    );
    const audio = new PhoneAudio({
      host,
      speak: (at) => {
        const frame = new Int16Array(frameSamples);
        addChord(frame, 'caller', rate, at, 0.06);
        return frame;
      },
      onFrame: (frame, _code, at) => {
        listener.push(frame, at);
        ear.push(frame);
      },
    });
    const port = await audio.open();
    const sip = new SipCaller({
      host,
      target: start.target,
      from: 'sip:+4930555012345@latchkey.example',
      sdp: offer(port),
      events: {
        onProgress: () => undefined,
        onAnswered: (remote) => {
          audio.start(remote);
          emit({ kind: 'answered' });
        },
        onRefused: (status) => emit({ kind: 'failed', message: `the call was refused with ${status}` }),
        onEnded: (by) => {
          audio.close();
          sip.close();
          emit({ kind: 'ended', by, heard: listener.hearing().heard });
        },
      },
    });
    current = { audio, sip, listener };
    await sip.call();
  };

  return Promise.resolve((command) => {
    if (command.kind === 'call') return call();
    if (current === null) throw new Error('no call');
    if (command.kind === 'dial') current.audio.dial(String(command.digits));
    else if (command.kind === 'hang-up') current.sip.hangUp();
    else throw new Error(`unknown command ${command.kind}`);
    return undefined;
  });
});
