import type { Supervised } from './base/supervise.ts';
import type { Clock } from './base/clock.ts';
import type { MeetingId } from './base/ids.ts';
import type { Log } from './base/log.ts';
import { ok, refuse } from './base/result.ts';
import { sameToken, type Room, type Switchboard } from './call/switchboard.ts';
import { meetingIdOf, parseRegistration } from './consent/messages/registration.ts';
import type { DialIn, HttpPorts } from './http/ports.ts';
import { livekitToken } from './meeting/livekit/token.ts';
import type { SfuInfo } from './sfu/options.ts';
import type { VaultHandle } from './vault/handle.ts';

/** The meeting server that this start has its meeting on. */
export interface Platform {
  /** As browsers and the connector reach it. */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** The embedded one. */
  readonly sfu: Supervised<SfuInfo> | null;
}

/** livekit-client sends the token within moments; it names, it authorises nothing of ours. */
const tokenSeconds = 60;

export interface Claimable {
  readonly clock: Clock;
  readonly log: Log;
  readonly connectorName: string;
  /** WebRTC of this connector's own workers binds to it; null: to any. */
  readonly bindAddress: string | null;
  readonly vault: VaultHandle;
  readonly platform: Platform;
  readonly switchboard: Switchboard;
  readonly room: Room;
  readonly pin: string;
  readonly claim: string;
  readonly dialIn: DialIn;
}

/** The pages' view of this process. One meeting a start: the first browser with the one-time link becomes its host. */
export function claimPorts(parts: Claimable): HttpPorts {
  const { vault, platform, switchboard, room, pin, claim, dialIn } = parts;
  const { operatorName: name, operatorThumbprint: thumbprint, operatorKept: kept } = vault.info;
  const operators = [{ name, thumbprint, kept }];
  let claimed: { readonly meetingId: MeetingId; readonly registration: Uint8Array<ArrayBuffer> } | null =
    null;
  let claiming = false;
  const mint = (identity: string, name: string, meetingId: MeetingId): Promise<string> =>
    livekitToken(
      {
        apiKey: platform.apiKey,
        apiSecret: platform.apiSecret,
        identity,
        room: meetingId,
        name,
        ttlSeconds: tokenSeconds,
      },
      parts.clock,
    );
  return {
    setup: () => Promise.resolve({ operators, kem: 'X-Wing', sfuUrl: platform.url }),
    async claimMeeting(request) {
      if (claimed !== null || claiming) return refuse('already-claimed');
      if (!sameToken(request.claim, claim)) return refuse('claim-unknown');
      if (!parseRegistration(request.registration).ok) return refuse('registration-invalid');
      claiming = true;
      try {
        const meetingId = await meetingIdOf(request.registration);
        await vault.append([
          {
            type: 'registration-seen',
            meeting: meetingId,
            data: { registration: Buffer.from(request.registration).toString('base64url') },
          },
        ]);
        claimed = { meetingId, registration: request.registration };
        switchboard.claimed(room, meetingId, {
          registration: request.registration,
          connectorName: parts.connectorName,
          platform: {
            url: platform.url,
            bindAddress: parts.bindAddress,
            token: (identity) => mint(identity, parts.connectorName, meetingId),
          },
          adoptWorker: (workerId, pipe) => vault.adoptWorker(workerId, meetingId, request.registration, pipe),
        });
        parts.log.info({ meeting: meetingId }, 'meeting claimed by its host');
        return ok({ meetingId, pin, dialIn, operators, sfuUrl: platform.url });
      } finally {
        claiming = false;
      }
    },
    meetingInfo: (meeting) =>
      Promise.resolve(
        claimed?.meetingId === meeting
          ? { registration: claimed.registration, dialIn, sfuUrl: platform.url, operators }
          : null,
      ),
    async mintToken(request) {
      if (claimed?.meetingId !== request.meetingId) return refuse('meeting-unknown');
      const token = await mint(`p-${request.joinId}`, request.name, request.meetingId);
      return ok({ token, url: platform.url });
    },
    readiness: () => {
      const reasons = [
        ...(switchboard.ready ? [] : ['not-taking-calls']),
        ...(platform.sfu !== null && !platform.sfu.running ? ['sfu-down'] : []),
      ];
      return Promise.resolve({ ready: reasons.length === 0, reasons });
    },
  };
}
