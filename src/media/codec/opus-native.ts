import koffi from 'koffi';
import type { OpusCodec, OpusDecoder, OpusEncoder, OpusEncoderOptions } from './opus.ts';

/** libopus of the system, called through koffi. Function and constant names are those of opus.h (libopus 1.x). */
const soname = 'libopus.so.0';
const applications = { voip: 2048, 'low-delay': 2051 } as const;
const setBitrate = 4002;
const setComplexity = 4010;
const setInbandFec = 4012;
const setPacketLoss = 4014;
const setSignal = 4024;
const signalVoice = 3001;
/** What loss the encoder prepares for where it was asked to, in percent. */
const expectedLoss = 10;
const mono = 1;
/** RFC 6716 §3.4: no packet is longer, and none stands for more than 120 ms. */
const longestPacket = 1_275;
const longestMs = 120;

type Handle = object;

interface Library {
  version(): string;
  encoderCreate(rate: number, channels: number, application: number, error: [number]): Handle | null;
  encoderCtl(encoder: Handle, request: number, type: 'int', value: number): number;
  encode(encoder: Handle, pcm: Int16Array, samples: number, out: Uint8Array, room: number): number;
  encoderDestroy(encoder: Handle): void;
  decoderCreate(rate: number, channels: number, error: [number]): Handle | null;
  decode(
    decoder: Handle,
    packet: Uint8Array | null,
    length: number,
    pcm: Int16Array,
    samples: number,
    fec: number,
  ): number;
  decoderDestroy(decoder: Handle): void;
}

function load(): Library {
  const lib = koffi.load(soname);
  const fn = (signature: string): unknown => lib.func(signature);
  return {
    version: fn('str opus_get_version_string()') as Library['version'],
    encoderCreate: fn('void* opus_encoder_create(int, int, int, _Out_ int*)') as Library['encoderCreate'],
    encoderCtl: fn('int opus_encoder_ctl(void*, int, ...)') as Library['encoderCtl'],
    encode: fn('int opus_encode(void*, void*, int, void*, int)') as Library['encode'],
    encoderDestroy: fn('void opus_encoder_destroy(void*)') as Library['encoderDestroy'],
    decoderCreate: fn('void* opus_decoder_create(int, int, _Out_ int*)') as Library['decoderCreate'],
    decode: fn('int opus_decode(void*, void*, int, void*, int, int)') as Library['decode'],
    decoderDestroy: fn('void opus_decoder_destroy(void*)') as Library['decoderDestroy'],
  };
}

/** @throws Error where the library is not installed */
export function createNativeOpus(): OpusCodec {
  const lib = load();
  return {
    name: 'libopus',
    version: lib.version(),
    encoder: (options) => createEncoder(lib, options),
    decoder: (rate) => createDecoder(lib, rate),
  };
}

function createEncoder(
  lib: Library,
  { rate, bitrate, complexity, application = 'voip', fec = false }: OpusEncoderOptions,
): OpusEncoder {
  const error: [number] = [0];
  let handle = lib.encoderCreate(rate, mono, applications[application], error);
  if (handle === null || error[0] !== 0) throw new Error(`opus_encoder_create: ${error[0]}`);
  lib.encoderCtl(handle, setBitrate, 'int', bitrate);
  lib.encoderCtl(handle, setComplexity, 'int', complexity);
  lib.encoderCtl(handle, setSignal, 'int', signalVoice);
  if (fec) {
    lib.encoderCtl(handle, setInbandFec, 'int', 1);
    lib.encoderCtl(handle, setPacketLoss, 'int', expectedLoss);
  }
  const samples = rate / 50;
  const out = new Uint8Array(longestPacket);
  return {
    encode(pcm) {
      if (handle === null || pcm.length !== samples) return null;
      const length = lib.encode(handle, pcm, samples, out, out.length);
      return length > 0 ? out.subarray(0, length) : null;
    },
    close() {
      if (handle !== null) lib.encoderDestroy(handle);
      handle = null;
    },
  };
}

function createDecoder(lib: Library, rate: number): OpusDecoder {
  const error: [number] = [0];
  let handle = lib.decoderCreate(rate, mono, error);
  if (handle === null || error[0] !== 0) throw new Error(`opus_decoder_create: ${error[0]}`);
  const room = (rate / 1_000) * longestMs;
  const pcm = new Int16Array(room);
  return {
    decode(packet) {
      if (handle === null || packet.length === 0 || packet.length > longestPacket) return null;
      const samples = lib.decode(handle, packet, packet.length, pcm, room, 0);
      return samples > 0 ? pcm.subarray(0, samples) : null;
    },
    conceal(samples) {
      const wanted = Math.min(samples, room);
      const made = handle === null ? 0 : lib.decode(handle, null, 0, pcm, wanted, 0);
      if (made !== wanted) pcm.fill(0, 0, wanted);
      return pcm.subarray(0, wanted);
    },
    recover(next, samples) {
      if (handle === null || next.length === 0 || next.length > longestPacket || samples > room) return null;
      const made = lib.decode(handle, next, next.length, pcm, samples, 1);
      return made === samples ? pcm.subarray(0, samples) : null;
    },
    close() {
      if (handle !== null) lib.decoderDestroy(handle);
      handle = null;
    },
  };
}
