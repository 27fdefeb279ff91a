import { describe, expect, it } from 'vitest';
import { createWasmOpus } from '../../../src/media/codec/opus-wasm.ts';
import { sine } from '../../support/tone.ts';

const options = { rate: 8_000, bitrate: 24_000, complexity: 5 };

describe('Opus in WASM', () => {
  it('refuses by name before its heap is full, and what it gave out works to the last', () => {
    const codec = createWasmOpus();
    const given: ReturnType<typeof codec.encoder>[] = [];
    expect(() => {
      for (;;) given.push(codec.encoder(options));
    }).toThrow(/no more than \d+ streams/);
    expect(given.length).toBeGreaterThan(60);
    for (const encoder of given) expect(encoder.encode(sine(440, 160))?.length).toBeGreaterThan(10);
    for (const encoder of given) encoder.close();
  });

  it('gives back what was closed: hundreds of callers, one after the other', () => {
    const codec = createWasmOpus();
    for (let i = 0; i < 300; i++) {
      const encoder = codec.encoder(options);
      const decoder = codec.decoder(8_000);
      expect(decoder.decode(encoder.encode(sine(440, 160)) ?? new Uint8Array(0))?.length).toBe(160);
      encoder.close();
      encoder.close();
      decoder.close();
    }
  });
});
