import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import { LatchkeyError } from '../../base/errors.ts';
import { readPem } from './certificate-chain.ts';
import { createCertificateStore } from './certificate-store.ts';
import { createCallVerifier, type CallVerifier } from './verify-call.ts';

/** `sip.stir` of the configuration. */
export interface StirSettings {
  readonly anchorsFile: string;
  readonly certificateHosts: readonly string[];
  readonly ownNumbers: readonly string[];
}

/** Null: callers' identities are not verified. @throws LatchkeyError `config-invalid` */
export function verifierOf(settings: StirSettings | null, clock: Clock): CallVerifier | null {
  if (settings === null) return null;
  return createCallVerifier({
    anchors: readAnchors(settings.anchorsFile),
    certificates: createCertificateStore({ clock, hosts: settings.certificateHosts }),
    ownNumbers: settings.ownNumbers,
  });
}

/** More than the authorities of any country. */
const mostAnchors = 1_000;

function readAnchors(file: string): readonly X509Certificate[] {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    throw new LatchkeyError('config-invalid', `sip.stir.anchorsFile: cannot read ${file}`, { cause: error });
  }
  const read = readPem(text, mostAnchors);
  if (!read.ok || !read.value.every(({ ca }) => ca))
    throw new LatchkeyError(
      'config-invalid',
      `sip.stir.anchorsFile: ${file} holds no certificates of authorities`,
    );
  return read.value;
}
