import { nodePacketCrypto } from './packet-crypto-node.ts';
import { opensslPacketCrypto } from './packet-crypto-openssl.ts';
import type { PacketCrypto } from './packet-crypto.ts';

let chosen: PacketCrypto | null = null;

/** OpenSSL called directly where that works and agrees with node:crypto on made-up keys; else node:crypto. Once a process. */
export function packetCrypto(): PacketCrypto {
  chosen ??= choose();
  return chosen;
}

function choose(): PacketCrypto {
  try {
    const direct = opensslPacketCrypto();
    return agrees(direct, nodePacketCrypto) ? direct : nodePacketCrypto;
  } catch {
    return nodePacketCrypto;
  }
}

/** Each context twice, the second time with another IV: what is kept between packets must be right, too. */
function agrees(a: PacketCrypto, b: PacketCrypto): boolean {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);
  return (
    [16, 32].every((length) => agreesInGcm(a, b, key.subarray(0, length))) &&
    agreesInCounter(a, b, key.subarray(0, 16)) &&
    agreesInHmac(a, b, key.subarray(0, 20))
  );
}

const text = Buffer.from('a frame of speech, or what stands for one here');
const twice = [1, 2] as const;

function agreesInGcm(a: PacketCrypto, b: PacketCrypto, key: Uint8Array): boolean {
  const contexts = [a.gcm(key), b.gcm(key)] as const;
  const aad = Uint8Array.of(0x78);
  const same = twice.every((n) => {
    const iv = new Uint8Array(12).fill(n);
    const [mine, other] = contexts.map((context) => {
      const sealed = Buffer.alloc(text.length + 16);
      context.seal(iv, aad, text, sealed);
      return sealed;
    });
    if (mine === undefined || other?.equals(mine) !== true) return false;
    const [ciphertext, tag] = [mine.subarray(0, text.length), mine.subarray(text.length)];
    const opened = contexts[0].open(iv, aad, ciphertext, tag);
    return (
      opened !== null &&
      text.equals(opened) &&
      contexts[0].open(iv, aad, ciphertext, new Uint8Array(16)) === null
    );
  });
  for (const context of contexts) context.free();
  return same;
}

function agreesInCounter(a: PacketCrypto, b: PacketCrypto, key: Uint8Array): boolean {
  const contexts = [a.counter(key), b.counter(key)];
  const same = twice.every((n) => {
    const [mine, other] = contexts.map((context) => {
      const bytes = Buffer.from(text);
      context.apply(new Uint8Array(16).fill(n), bytes);
      return bytes;
    });
    return mine !== undefined && other?.equals(mine) === true;
  });
  for (const context of contexts) context.free();
  return same;
}

function agreesInHmac(a: PacketCrypto, b: PacketCrypto, key: Uint8Array): boolean {
  const contexts = [a.hmacSha1(key), b.hmacSha1(key)];
  const same = twice.every((n) => {
    const [mine, other] = contexts.map((context) => Buffer.from(context.digest(text, Uint8Array.of(n))));
    return mine !== undefined && other?.equals(mine) === true;
  });
  for (const context of contexts) context.free();
  return same;
}
