import type { Log } from '../../base/log.ts';
import { createNativeOpus } from './opus-native.ts';
import { createWasmOpus } from './opus-wasm.ts';
import type { OpusCodec } from './opus.ts';

export interface LoadedOpus {
  readonly codec: OpusCodec;
  /** Why better choices were not taken, for the log. */
  readonly passedOver: readonly string[];
}

/** The best implementation that passes the self-test: each is tried on a tone before it is trusted. @throws Error where none does */
export function loadOpus(): LoadedOpus {
  const passedOver: string[] = [];
  for (const create of [createNativeOpus, createWasmOpus]) {
    try {
      const codec = create();
      const fault = selfTest(codec);
      if (fault === null) return { codec, passedOver };
      passedOver.push(`${codec.name}: ${fault}`);
    } catch (error) {
      passedOver.push(error instanceof Error ? error.message : 'unknown');
    }
  }
  throw new Error(`no Opus implementation works: ${passedOver.join('; ')}`);
}

/** Loads it when it is first asked for, and says which it is. */
export function opusOnDemand(log: Log): () => OpusCodec {
  let loaded: OpusCodec | null = null;
  return () => {
    if (loaded === null) {
      const { codec, passedOver } = loadOpus();
      log.info({ opus: codec.version, passedOver }, 'codec chosen');
      loaded = codec;
    }
    return loaded;
  };
}

const testRate = 8_000;
const testFrame = 160;

/** A 440 Hz tone through encoder and decoder must come out as loud as it went in, and silence must stay silence. */
function selfTest(codec: OpusCodec): string | null {
  const encoder = codec.encoder({ rate: testRate, bitrate: 24_000, complexity: 5 });
  const decoder = codec.decoder(testRate);
  try {
    let energyIn = 0;
    let energyOut = 0;
    for (let n = 0; n < 20; n++) {
      const pcm = Int16Array.from({ length: testFrame }, (_, i) =>
        Math.round(8_000 * Math.sin((2 * Math.PI * 440 * (n * testFrame + i)) / testRate)),
      );
      const packet = encoder.encode(pcm);
      const out = packet === null ? null : decoder.decode(packet);
      if (out?.length !== testFrame) return 'a tone did not come back';
      if (n >= 10) {
        for (let i = 0; i < testFrame; i++) {
          energyIn += (pcm[i] ?? 0) ** 2;
          energyOut += (out[i] ?? 0) ** 2;
        }
      }
    }
    if (decoder.conceal(testFrame).length !== testFrame) return 'no loss concealment';
    const ratio = energyOut / energyIn;
    return ratio > 0.25 && ratio < 4 ? null : `a tone came back at ${ratio.toFixed(2)} of its energy`;
  } finally {
    encoder.close();
    decoder.close();
  }
}
