import {
  checkCertificate,
  type Certificate,
  type CertificateRefusal,
} from '../../consent/messages/certificate.ts';
import { refuse, type Result } from '../../base/result.ts';
import type { Verified } from '../../consent/messages/jws.ts';
import type { Bridge } from './host-bridges.ts';
import { clockOf, type HostState } from './host-state.ts';

type Introduction = Verified<'bridge-hello'> | Verified<'bridge-request'>;

/** Held against the newest list that this host has seen of the operator, in this meeting or in one before. */
export async function certificateOf(
  state: HostState,
  { type, payload, key }: Introduction,
): Promise<Result<Certificate, CertificateRefusal | 'revocations-missing'>> {
  const { connectors, registration } = state;
  const certificate = await checkCertificate(payload.certificate, {
    operators: registration.operators,
    key,
    wallMs: clockOf(state).wallMs(),
    revocations: (operator) => connectors.revocations(operator),
  });
  if (!certificate.ok || type === 'bridge-hello') return certificate;
  // It has a newer list than this host: its hello, which carries it, has to come first.
  const seen = connectors.revocations(certificate.value.operatorThumbprint)?.number ?? 0;
  return payload.revocations > seen ? refuse('revocations-missing') : certificate;
}

export const rotationOf = ({ type, payload }: Introduction): string =>
  type === 'bridge-hello' ? payload.rotation : '';

/** A bridge that is here is asked about no more once its certificate has ended or a newer list names it. */
export const isStale = (state: HostState, bridge: Bridge): boolean => {
  const { notAfter } = bridge.certificate;
  return isVoid(state, bridge) || (notAfter !== 0 && clockOf(state).wallMs() > notAfter);
};

/** Whether a list that came after it voids the certificate of a bridge that is here. */
export function isVoid({ connectors }: HostState, { certificate, thumbprint }: Bridge): boolean {
  const list = connectors.revocations(certificate.operatorThumbprint);
  return list !== null && (list.serials.includes(certificate.serial) || list.keys.includes(thumbprint));
}
