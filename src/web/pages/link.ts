import { fromBase64url, toBase64url } from '../../base/bytes.ts';

/**
 * What stands in the pages' addresses. Secrets are behind the #, which browsers send to no server:
 *
 *   /host#<claim>                         the one-time host link that the terminal prints
 *   /cohost                               shows the device code of whoever opens it
 *   /join/<meeting id>#<invite secret>    a member's link; 16 bytes, base64url
 */

/** The claim token, or null where there is none. */
export function claimOf(fragment: string): string | null {
  const claim = fragment.replace(/^#/, '');
  return /^[A-Za-z0-9_-]{16,128}$/.test(claim) ? claim : null;
}

export interface JoinLink {
  readonly meetingId: string;
  readonly inviteSecret: Uint8Array<ArrayBuffer>;
}

export function parseJoinLink(path: string, fragment: string): JoinLink | null {
  const meetingId = /^\/join\/([A-Za-z0-9_-]{43})\/?$/.exec(path)?.[1];
  const inviteSecret = fromBase64url(fragment.replace(/^#/, ''));
  return meetingId === undefined || inviteSecret?.length !== 16 ? null : { meetingId, inviteSecret };
}

/** Where a co-host finds the code that the host needs. */
export function coHostPage(origin: string): string {
  return `${origin}/cohost`;
}

export function joinLink(origin: string, link: JoinLink): string {
  return `${origin}/join/${link.meetingId}#${toBase64url(link.inviteSecret)}`;
}
