import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SrfRequest } from './srf.ts';
import type { CallVerifier, Verification } from './stir/verify-call.ts';
import { userOf } from './identity.ts';

export interface VerifyingCall {
  readonly log: Log;
  readonly clock: Clock;
  /** Our own id of the call, for the log. */
  readonly callId: string;
  /** User part of the identity that the label shows. */
  readonly from: string;
}

/** What the network signed of this INVITE's caller. It never rejects, and holds up nobody: the call is answered meanwhile. */
export async function verifyCaller(
  verifier: CallVerifier,
  request: SrfRequest,
  { log, clock, callId, from }: VerifyingCall,
): Promise<Verification> {
  try {
    const { verification, why } = await verifier.verify({
      identity: request.get('Identity'),
      from,
      to: [userOf(request.uri), userOf(request.getParsedHeader('to').uri)],
      atMs: clock.wallMs(),
    });
    log.info({ call: callId, verification, why }, 'caller identity');
    return verification;
  } catch (error) {
    log.error({ err: error, call: callId }, 'caller identity not verified');
    return 'failed';
  }
}
