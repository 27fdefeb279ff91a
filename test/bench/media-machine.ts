import { generateKeyPairSync, sign } from 'node:crypto';
import { directAead } from '../../src/e2ee/aead-direct.ts';
import { nobleAead, nodeAead, type FrameAead } from '../../src/e2ee/aead.ts';
import { rounded } from './media-process.ts';

interface MachineSpeed {
  readonly ed25519SignUs: number;
  /** Sealing and opening one frame of 80 bytes under AES-256-GCM, by implementation (e2ee/aead.ts). */
  readonly sealAndOpenUs: Readonly<Record<string, number>>;
}

/** How fast this machine is just now, so that figures of different days can be compared. */
export function machineSpeed(): MachineSpeed {
  const { privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(200, 7);
  return {
    ed25519SignUs: eachUs(2_000, () => void sign(null, message, privateKey)),
    sealAndOpenUs: Object.fromEntries(
      [directAead, nodeAead, nobleAead].map((aead) => [aead.name, frameUs(aead)]),
    ),
  };
}

function frameUs(aead: FrameAead): number {
  const key = aead.key(Buffer.alloc(32, 1));
  const [iv, toc, frame] = [Buffer.alloc(12, 2), Buffer.alloc(1), Buffer.alloc(80, 3)];
  const out = Buffer.alloc(96);
  const sealed = { ciphertext: out.subarray(0, 80), tag: out.subarray(80) };
  return eachUs(5_000, () => {
    key.seal(iv, toc, frame, out);
    if (key.open(iv, toc, sealed) === null) throw new Error(`${aead.name} did not open its own`);
  });
}

function eachUs(times: number, run: () => void): number {
  for (let i = 0; i < times / 5; i++) run();
  // CPU time: what others do meanwhile is not this machine's speed.
  const began = process.cpuUsage();
  for (let i = 0; i < times; i++) run();
  const { user, system } = process.cpuUsage(began);
  return rounded((user + system) / times, 1);
}
