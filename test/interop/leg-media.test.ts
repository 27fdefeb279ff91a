import { createSocket, type Socket } from 'node:dgram';
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { LegId } from '../../src/base/ids.ts';
import { wideRate } from '../../src/media/audio/frame.ts';
import { Ticker } from '../../src/media/audio/ticker.ts';
import { legCapability } from '../../src/media/capability.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import { MediaLeg } from '../../src/media/leg.ts';
import type { LegCodec } from '../../src/media/leg-state.ts';
import { negotiate, noSession } from '../../src/sip/offer-answer.ts';
import { createOwnDescriptions } from '../../src/sip/own-description.ts';
import { legMedia } from '../../src/call/leg.ts';
import { writeWav } from '../demo/wav.ts';
import { startBaresip } from '../support/baresip.ts';
import { waitUntil } from '../support/sip-until.ts';
import { peakAt, rms, sine } from '../support/tone.ts';

/** A leg of ours against baresip's codecs, SRTP and RTCP: another maker's code on the other end of the wire. */
const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const callerHertz = 1_000;
const roomHertz = 1_500;

async function bound(port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(port, '127.0.0.1', done));
  return socket;
}

/** Answers one INVITE over UDP with what our own offer/answer says, as if it had come over TLS. */
async function answerer(codec: LegCodec) {
  const socket = await bound();
  cleanups.push(() => socket.close());
  const rtp = await bound();
  const codecs = legCapability.codecs.filter(({ name }) => name === codec);
  const { address, port } = rtp.address();
  const answered = new Promise<MediaLeg>((resolve, reject) => {
    socket.on('message', (bytes, from) => {
      const text = bytes.toString();
      const header = (name: string): string => new RegExp(`^${name}: (.*)\r$`, 'im').exec(text)?.[1] ?? '';
      const reply = (body: string): void => {
        const lines = [
          'SIP/2.0 200 OK',
          ...['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${header(name)}`),
          `To: ${header('To').includes('tag=') ? header('To') : `${header('To')};tag=ours`}`,
          `Contact: <sip:us@127.0.0.1:${socket.address().port}>`,
          ...(body === '' ? [] : ['Content-Type: application/sdp']),
          `Content-Length: ${body.length}`,
        ];
        socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, from.port, from.address);
      };
      if (text.startsWith('BYE')) reply('');
      if (!text.startsWith('INVITE')) return;
      const terms = {
        ...{ capability: { ...legCapability, codecs }, srtp: 'require' as const, secure: true },
        newKey: (length: number) => new Uint8Array(randomBytes(length)),
      };
      const offer = { kind: 'offer' as const, sdp: text.slice(text.indexOf('\r\n\r\n') + 4) };
      const { state, outcome } = negotiate(noSession, offer, terms);
      if (outcome.kind !== 'answer' || state.agreed === null) {
        reject(new Error(`no answer: ${outcome.kind}`));
        return;
      }
      reply(createOwnDescriptions(1).next({ address, port }, outcome.own));
      resolve(
        new MediaLeg({
          ...{ legId: 'leg' as LegId, media: legMedia(state.agreed), socket: rtp, clock: systemClock },
          ...{
            randomInt: (n: number) => randomInt(n),
            opus: () => loadOpus().codec,
            onDigit: () => undefined,
          },
        }),
      );
    });
  });
  return { uri: `sip:us@127.0.0.1:${socket.address().port}`, answered };
}

interface Sound {
  readonly rate: number;
  readonly channels: number;
}

/** A minute of a tone, the same in every channel. */
async function toneFile({ rate, channels }: Sound): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tone-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'tone.wav');
  const tone = sine((callerHertz * 8_000) / rate, rate * 60);
  writeWav(file, {
    rate,
    samples:
      channels === 1 ? tone : Int16Array.from({ length: 2 * tone.length }, (_, i) => tone[i >> 1] ?? 0),
  });
  // The header of a mono file, corrected: channels, bytes a second, bytes a frame.
  const bytes = await readFile(file);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(2 * rate * channels, 28);
  bytes.writeUInt16LE(2 * channels, 32);
  await writeFile(file, bytes);
  return file;
}

/** The first channel of what was recorded, and its rate. */
async function recorded(
  files: readonly string[],
): Promise<{ readonly rate: number; readonly pcm: Int16Array }> {
  const file = await readFile(files[0] ?? '');
  const data = file.indexOf('data') + 8;
  const bytes = file.subarray(data, data + 2 * Math.floor((file.length - data) / 2));
  const step = file.readUInt16LE(32);
  return {
    rate: file.readUInt32LE(24),
    pcm: Int16Array.from({ length: Math.floor(bytes.length / step) }, (_, i) => bytes.readInt16LE(step * i)),
  };
}

describe.concurrent('a leg of ours and baresip', () => {
  test.each([
    ['PCMU', { rate: 8_000, channels: 1 }],
    ['G722', { rate: 16_000, channels: 1 }],
    ['opus', { rate: 48_000, channels: 2 }],
  ] as const)('%s over SRTP', async (name, sound) => {
    const { uri, answered } = await answerer(name);
    const phone = await startBaresip({ codecs: '', speak: await toneFile(sound), sound, srtp: true });
    cleanups.push(() => phone.stop());
    await phone.dial(uri);
    const leg = await answered;
    cleanups.push(() => leg.close());
    expect(leg.media.codec.name).toBe(name);
    expect(leg.media.srtp?.suite).toBe('AES_CM_128_HMAC_SHA1_80');
    leg.start();
    const wide = leg.rate === wideRate;
    let n = 0;
    let heard: Int16Array | null = null;
    const ticker = new Ticker({
      clock: systemClock,
      onTick: () => {
        heard = leg.pullFromCaller()?.slice() ?? null;
        leg.sendToCaller(
          wide ? sine(roomHertz / 2, 320, 8_000, n * 320) : sine(roomHertz, 160, 8_000, n * 160),
        );
        n += 1;
      },
    });
    ticker.start();
    cleanups.push(() => ticker.stop());
    const toneOf = (pcm: Int16Array | null, hertz: number): number =>
      pcm === null ? 0 : peakAt(wide ? hertz / 2 : hertz, pcm);
    await waitUntil(() => toneOf(heard, callerHertz) > 4_000, 'the caller heard', 10_000);
    // baresip's report on what it hears of us has come, SRTCP where SRTP is.
    await waitUntil(() => leg.quality.roundTripMs !== null, 'a report with a round trip', 30_000);
    expect(leg.quality).toMatchObject({ lossOut: 0 });
    expect(leg.quality.mos).toBeGreaterThan(4);
    expect(leg.unheardForMs).toBe(0);
    expect(leg.counts.invalidPackets).toBe(0);
    await phone.hangUp();
    const { rate, pcm } = await recorded(await phone.heard());
    const middle = pcm.subarray(pcm.length >> 1, (pcm.length >> 1) + rate / 10);
    expect(peakAt((roomHertz * 8_000) / rate, middle) / Math.SQRT2).toBeGreaterThan(0.7 * rms(middle));
    expect(rms(middle)).toBeGreaterThan(2_000);
  });
});
