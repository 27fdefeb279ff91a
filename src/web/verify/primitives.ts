import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Primitives } from '../../ledger/verify/primitives.ts';

/**
 * The verifier's primitives without Node. WebCrypto would answer later, and not at all in a page from a file in some
 * browsers; the verifier reads front to back and needs its answers at once.
 */
export const pagePrimitives: Primitives = {
  sha256: (bytes) => sha256(bytes),
  verifyEd25519(publicKey, message, signature) {
    try {
      // RFC 8032 §5.1.7 as node:crypto does it: canonical encodings, no cofactor.
      return ed25519.verify(signature, message, publicKey, { zip215: false });
    } catch {
      return false;
    }
  },
};
