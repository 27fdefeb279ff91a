import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shake256 } from '@noble/hashes/sha3.js';
import { ml_kem768 as mlKem } from '@noble/post-quantum/ml-kem.js';
import { frameKey, senderKey } from '../demo/frame-opener.ts';
import type { Party } from '../demo/party.ts';
import { Transcript } from '../demo/transcript.ts';
import { mask } from './preload.ts';
import type { Needle, Process } from './scan.ts';

/** The one module that is ever to hold a key. */
export const holder = 'src/worker/main.ts';

/** Meeting keys of all epochs, and what follows from each for every sender. */
export async function meetingNeedles(host: Party): Promise<Needle[]> {
  const report = host.next('report');
  host.send({ kind: 'report' });
  const { registration, randomness, packets } = await report;
  const transcript = new Transcript(Buffer.from(String(registration), 'base64url'));
  for (const packet of packets as string[]) transcript.add(Buffer.from(packet, 'base64url'));
  const drawn = (randomness as string[]).map((text) => Buffer.from(text, 'base64url'));
  return transcript.keys(drawn).flatMap(({ mk, epoch }) => [
    { name: `meeting key ${epoch.epoch}`, bytes: mk },
    ...[...transcript.senders.values()].flatMap(({ role, id }) => [
      { name: `sender key ${epoch.epoch} of ${role}`, bytes: senderKey(mk, epoch, id) },
      { name: `frame key ${epoch.epoch} of ${role}`, bytes: frameKey(mk, epoch, id) },
    ]),
  ]);
}

/** Of every pair that a worker drew: its seed, and what the private key is made of (X25519's scalar, ML-KEM's z and packed s). */
export function hpkeNeedles(folder: string, processes: readonly Process[]): Needle[] {
  const workers = processes.filter(({ module }) => module === holder);
  return workers.flatMap(({ pid }) => {
    const file = join(folder, `drawn-${pid}`);
    if (!existsSync(file)) return [];
    const drawn = readFileSync(file).map((byte) => byte ^ mask);
    return Array.from({ length: drawn.length / 32 }, (_, i) => {
      const seed = Buffer.from(drawn.subarray(i * 32, (i + 1) * 32));
      const expanded = Buffer.from(shake256(seed, { dkLen: 96 }));
      const { secretKey } = mlKem.keygen(expanded.subarray(0, 64));
      const parts = {
        seed,
        scalar: expanded.subarray(64),
        z: expanded.subarray(32, 64),
        s: Buffer.from(secretKey.subarray(0, 1_152)),
      };
      return Object.entries(parts).map(([part, bytes]) => ({
        name: `HPKE private key ${pid}/${i}, ${part}`,
        bytes,
      }));
    }).flat();
  });
}
