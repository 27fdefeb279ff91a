import { sampleRate, samplesPerFrame, wideFrame, wideRate, type PcmRate } from '../audio/frame.ts';
import { Concealment } from '../concealment.ts';
import type { AgreedCodec } from '../leg-state.ts';
import { decodeG711, encodeG711, type G711Law } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import type { LegDecoder, LegEncoder } from './leg-codec.ts';
import { longestPayload } from './leg-codec.ts';
import { opusTicks } from './opus-packet.ts';
import type { OpusCodec } from './opus.ts';

/** 120 ms: what is longer in one packet is no telephone's. */
const longestMs = 120;
const g7xxClock = 8_000;
const opusClock = 48_000;

/** @throws Error where the WASM build of Opus has no room for another stream */
export function createDecoder(codec: AgreedCodec, opus: () => OpusCodec): LegDecoder {
  switch (codec.name) {
    case 'PCMU':
    case 'PCMA':
      return g711Decoder(codec.name, codec.payloadType);
    case 'G722':
      return g722Decoder(codec.payloadType);
    case 'opus':
      return opusDecoder(codec.payloadType, opus(), wideRate);
  }
}

/** @throws Error as `createDecoder` */
export function createEncoder(codec: AgreedCodec, opus: () => OpusCodec): LegEncoder {
  switch (codec.name) {
    case 'PCMU':
    case 'PCMA': {
      const law = codec.name;
      return {
        ...{ rate: sampleRate, clockRate: g7xxClock },
        encode(pcm, out, at) {
          encodeG711(law, pcm, out, at);
          return pcm.length;
        },
        close: () => undefined,
      };
    }
    case 'G722': {
      const encoder = new G722Encoder();
      return {
        ...{ rate: wideRate, clockRate: g7xxClock },
        encode(pcm, out, at) {
          encoder.encode(pcm, out, at);
          return pcm.length / 2;
        },
        close: () => undefined,
      };
    }
    case 'opus':
      return opusEncoder(codec.fmtp, opus());
  }
}

/** Where packets are decoded to, of all legs: whoever asks for one copies it at once (`AudioStream`). */
const narrowRoom = new Int16Array((longestMs * sampleRate) / 1_000);
const wideRoom = new Int16Array((longestMs * wideRate) / 1_000);

/** Whichever law was agreed on, the static types of both are understood: gateways change over without a word. */
function g711Decoder(agreed: G711Law, agreedType: number): LegDecoder {
  const concealment = new Concealment(sampleRate);
  const room = narrowRoom;
  let view = room.subarray(0, samplesPerFrame);
  /** Most packets have the same length. */
  const roomOf = (samples: number): Int16Array => {
    const length = Math.min(samples, room.length);
    if (view.length !== length) view = room.subarray(0, length);
    return view;
  };
  const lawOf = (type: number): G711Law | null =>
    type === agreedType ? agreed : type === 0 ? 'PCMU' : type === 8 ? 'PCMA' : null;
  return {
    ...{ rate: sampleRate, clockRate: g7xxClock },
    accepts: (payloadType) => lawOf(payloadType) !== null,
    ticksOf: ({ bytes }) => (bytes.length <= room.length ? bytes.length : 0),
    decode({ payloadType, bytes }) {
      const pcm = roomOf(bytes.length);
      decodeG711(lawOf(payloadType) ?? agreed, bytes, pcm);
      concealment.good(pcm);
      return pcm;
    },
    conceal(samples) {
      const pcm = roomOf(samples);
      concealment.conceal(pcm);
      return pcm;
    },
    reset: () => concealment.reset(),
    close: () => undefined,
  };
}

function g722Decoder(agreedType: number): LegDecoder {
  const concealment = new Concealment(wideRate);
  const room = wideRoom;
  let decoder = new G722Decoder();
  return {
    ...{ rate: wideRate, clockRate: g7xxClock },
    accepts: (payloadType) => payloadType === agreedType || payloadType === 9,
    ticksOf: ({ bytes }) => (2 * bytes.length <= room.length ? bytes.length : 0),
    decode({ bytes }) {
      const pcm = room.subarray(0, Math.min(2 * bytes.length, room.length));
      decoder.decode(bytes, pcm);
      concealment.good(pcm);
      return pcm;
    },
    conceal(samples) {
      const pcm = room.subarray(0, Math.min(samples, room.length));
      concealment.conceal(pcm);
      return pcm;
    },
    reset() {
      concealment.reset();
      decoder = new G722Decoder();
    },
    close: () => undefined,
  };
}

/** At `rate` whatever it codes: the decoder resamples by itself, and stereo becomes mono (RFC 7587 §3). @throws Error as `createDecoder` */
export function opusDecoder(agreedType: number, opus: OpusCodec, rate: PcmRate): LegDecoder {
  let decoder = opus.decoder(rate);
  const none = new Int16Array(0);
  return {
    ...{ rate, clockRate: opusClock },
    accepts: (payloadType) => payloadType === agreedType,
    ticksOf: ({ bytes }) => opusTicks(bytes),
    decode: ({ bytes }) => decoder.decode(bytes) ?? none,
    conceal: (samples, next) =>
      (next === null ? null : decoder.recover(next.bytes, samples)) ?? decoder.conceal(samples),
    reset() {
      decoder.close();
      decoder = opus.decoder(rate);
    },
    close: () => decoder.close(),
  };
}

/** With forward error correction libopus narrows the band below some 30 kbit/s: heard, and measured (docs/media.md, quality). */
const defaultBitrate = 32_000;
const leastBitrate = 6_000;
const complexity = 5;

function opusEncoder(fmtp: string | null, opus: OpusCodec): LegEncoder {
  const most = Number(parameter(fmtp, 'maxaveragebitrate') ?? defaultBitrate);
  const bitrate = Number.isInteger(most)
    ? Math.max(leastBitrate, Math.min(defaultBitrate, most))
    : defaultBitrate;
  const fec = parameter(fmtp, 'useinbandfec') === '1';
  const encoder = opus.encoder({ rate: wideRate, bitrate, complexity, fec });
  return {
    ...{ rate: wideRate, clockRate: opusClock },
    encode(pcm, out, at) {
      const packet = pcm.length === wideFrame ? encoder.encode(pcm) : null;
      if (packet === null || packet.length > longestPayload) return 0;
      out.set(packet, at);
      return packet.length;
    },
    close: () => encoder.close(),
  };
}

/** One parameter of an `a=fmtp` line: `name=value; name=value` (RFC 7587 §6.1). */
function parameter(fmtp: string | null, name: string): string | null {
  for (const part of (fmtp ?? '').split(';')) {
    const [key = '', value = ''] = part.split('=').map((text) => text.trim());
    if (key.toLowerCase() === name) return value;
  }
  return null;
}
