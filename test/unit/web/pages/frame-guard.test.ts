import { describe, expect, it } from 'vitest';
import { guardStreams, mayPass, sealOverhead, type Frame } from '../../../../src/web/browser/frame-guard.ts';

const sealed = (plainLength: number): ArrayBuffer => {
  const bytes = new Uint8Array(plainLength + sealOverhead).fill(0xaa);
  bytes.set([12, 5], bytes.length - 2);
  return bytes.buffer;
};
const plain = (length: number, fill = 0x55): ArrayBuffer => new Uint8Array(length).fill(fill).buffer;

describe('what may pass', () => {
  it('lets out a frame that grew by exactly the seal', () => {
    expect(mayPass('encode', 80, { data: sealed(80) })).toBe(true);
  });

  it.each([
    ['as it was', 80, plain(80)],
    ['one byte short', 81, sealed(80)],
    ['one byte long', 79, sealed(80)],
    ['of the right length without the trailer', 80, plain(80 + sealOverhead)],
    ['that never came in', undefined, sealed(80)],
    ['made out of nothing', 0, sealed(0).slice(0, 1)],
  ])('stops a frame on its way out: %s', (_name, before, data) => {
    expect(mayPass('encode', before, { data })).toBe(false);
  });

  it('lets in a frame that shrank by exactly the seal, and stops one passed through in clear', () => {
    expect(mayPass('decode', 110, { data: plain(80) })).toBe(true);
    expect(mayPass('decode', 80, { data: plain(80) })).toBe(false);
    expect(mayPass('decode', 110, { data: plain(110) })).toBe(false);
  });

  it('lets empty frames be', () => {
    expect(mayPass('encode', 0, { data: plain(0) })).toBe(true);
    expect(mayPass('decode', 0, { data: plain(0) })).toBe(true);
  });
});

/** Pipes frames through the guard around a stand-in for LiveKit's transform. */
async function run(
  direction: 'encode' | 'decode',
  frames: readonly ArrayBuffer[],
  between: (frame: Frame) => void,
): Promise<{ passed: number[]; stopped: number }> {
  const passed: number[] = [];
  let stopped = 0;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const guarded = guardStreams({
    direction,
    readable: new ReadableStream<Frame>({
      start(controller) {
        for (const data of frames) controller.enqueue({ data });
        controller.close();
      },
    }),
    writable: new WritableStream<Frame>({
      write: (frame) => void passed.push(frame.data.byteLength),
      close: () => finish(),
    }),
    onStopped() {
      stopped++;
    },
  });
  const livekit = new TransformStream<Frame, Frame>({
    transform(frame, controller) {
      between(frame);
      controller.enqueue(frame);
    },
  });
  void guarded.readable.pipeThrough(livekit).pipeTo(guarded.writable);
  await finished;
  return { passed, stopped };
}

describe('streams behind the guard', () => {
  it('pass what is sealed', async () => {
    const seal = (frame: Frame): void => void (frame.data = sealed(frame.data.byteLength));
    expect(await run('encode', [plain(80), plain(3)], seal)).toEqual({ passed: [110, 33], stopped: 0 });
  });

  it('stop everything where the cryptor believes encryption to be off', async () => {
    const nothing = (): void => {};
    expect(await run('encode', [plain(80), plain(81)], nothing)).toEqual({ passed: [], stopped: 2 });
    expect(await run('decode', [plain(80), plain(81)], nothing)).toEqual({ passed: [], stopped: 2 });
  });

  it('stop the silence that a server puts into a muted track, without alarm', async () => {
    const silence = new Uint8Array(80);
    silence.set([0xf8, 0xff, 0xfe]);
    const strip = (frame: Frame): void => void (frame.data = frame.data.slice(0, 80));
    const withTrailer = new Uint8Array(96);
    withTrailer.set(silence);
    expect(await run('decode', [withTrailer.buffer], strip)).toEqual({ passed: [], stopped: 0 });
  });
});
