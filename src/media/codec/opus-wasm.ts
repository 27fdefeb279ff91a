import OpusScript from 'opusscript';
import type { OpusCodec, OpusDecoder, OpusEncoder, OpusEncoderOptions } from './opus.ts';

/**
 * opusscript: libopus compiled to WASM, for systems without libopus. All instances share one heap of fixed size. The
 * 77th instance is still created, but cannot encode (measured, 0.1.1), so `encoder` and `decoder` throw well before
 * it, and the leg or speaker that asked is refused by name instead of being silent.
 */
const mostInstances = 72;
const setComplexity = 4010;
const setInbandFec = 4012;
const setPacketLoss = 4014;
const expectedLoss = 10;
const mono = 1;
const longestPacket = 1_275;

const { VOIP: voip, RESTRICTED_LOWDELAY: lowDelay } = OpusScript.Application;

type Rate = ConstructorParameters<typeof OpusScript>[0];

export function createWasmOpus(): OpusCodec {
  return { name: 'wasm', version: 'opusscript', encoder: createEncoder, decoder: createDecoder };
}

let instances = 0;

function create(rate: number, application = voip): { readonly codec: OpusScript; readonly free: () => void } {
  if (instances >= mostInstances)
    throw new Error(`opusscript: no more than ${mostInstances} streams a process`);
  const codec = new OpusScript(rate as Rate, mono, application);
  instances += 1;
  const free = (): void => {
    codec.delete();
    instances -= 1;
  };
  return { codec, free };
}

function createEncoder(options: OpusEncoderOptions): OpusEncoder {
  const { rate, bitrate, complexity, fec = false } = options;
  const { codec, free } = create(rate, options.application === 'low-delay' ? lowDelay : voip);
  codec.setBitrate(bitrate);
  codec.encoderCTL(setComplexity, complexity);
  if (fec) {
    codec.encoderCTL(setInbandFec, 1);
    codec.encoderCTL(setPacketLoss, expectedLoss);
  }
  const samples = rate / 50;
  let closed = false;
  return {
    encode(pcm) {
      if (closed || pcm.length !== samples) return null;
      try {
        return codec.encode(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength), samples);
      } catch {
        return null; // opusscript throws libopus's error codes; the frame is lost, the leg goes on.
      }
    },
    close() {
      if (!closed) free();
      closed = true;
    },
  };
}

function createDecoder(rate: number): OpusDecoder {
  const { codec, free } = create(rate);
  let lastToc = 0;
  let closed = false;
  const decode = (packet: Uint8Array): Int16Array | null => {
    if (closed || packet.length === 0 || packet.length > longestPacket) return null;
    try {
      const out = codec.decode(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength));
      return out.length === 0
        ? null
        : new Int16Array(out.buffer.slice(out.byteOffset, out.byteOffset + out.length));
    } catch {
      return null;
    }
  };
  return {
    decode(packet) {
      lastToc = packet[0] ?? 0;
      return decode(packet);
    },
    conceal(samples) {
      // opusscript cannot pass libopus a null packet. A packet of a TOC byte alone is one lost frame of that mode
      // (RFC 6716 §3.2.1, R1 with no bytes), which libopus conceals just so.
      const made = decode(Uint8Array.of(lastToc & 0xfc));
      const out = new Int16Array(samples);
      if (made !== null) out.set(made.subarray(0, samples));
      return out;
    },
    // opusscript does not pass on libopus's flag for it.
    recover: () => null,
    close() {
      if (!closed) free();
      closed = true;
    },
  };
}
