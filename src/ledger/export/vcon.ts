import { createHash } from 'node:crypto';
import { jcsText } from '../../base/jcs.ts';
import { timeText } from './consent-record.ts';
import type { LegStory, NoticeAnswer } from './leg-story.ts';

/** Internet-Drafts change: an export says which ones it was made by, and they have to be accepted by name. */
export const vconDrafts = 'draft-ietf-vcon-vcon-core-04, draft-howe-vcon-lawful-basis-02';

const caller = 0;
const operator = 1;

/**
 * One leg as a vCon without any recording (draft-ietf-vcon-vcon-core-04), with each answer to the notice as a lawful-basis
 * attachment (draft-howe-vcon-lawful-basis-02, which replaced draft-howe-vcon-consent-00).
 */
export function vcon(story: LegStory): Record<string, unknown> {
  const { report, label, events, notices } = story;
  const start = events[0]?.at ?? 0;
  const end = events.at(-1)?.at ?? start;
  return {
    vcon: '0.4.0',
    uuid: uuidOf(story, start),
    extensions: ['lawful_basis'],
    created_at: timeText(end),
    subject: `Call into meeting ${story.meeting}`,
    parties: [
      label === null
        ? { name: 'anonymous' }
        : { name: label.display, type: 'person', validation: validationOf(label.verification) },
      { name: report.operatorName, type: 'organization' },
    ],
    // The call as a whole; there are no recordings to belong to it (§4.3.1 "recording-set").
    dialog: [
      {
        type: 'recording-set',
        start: timeText(start),
        duration: (end - start) / 1_000,
        parties: [caller],
        recordings: [],
        party_history: partyHistory(story),
      },
    ],
    attachments: notices.map((notice) => attachment(story, notice)),
    analysis: [],
  };
}

const validationOf = (verification: string): string =>
  verification === '' || verification === 'absent' ? 'none' : `STIR/SHAKEN attestation ${verification}`;

const historyEvents: Readonly<Record<string, string>> = { 'leg-joined': 'join', 'leg-left': 'drop' };

function partyHistory({ events }: LegStory): Record<string, unknown>[] {
  return events.flatMap(({ type, at, reason }) => {
    const event = type === 'leg-muted' ? mutedEvent(reason) : historyEvents[type];
    return event === undefined ? [] : [{ party: caller, time: timeText(at), event }];
  });
}

const mutedEvent = (reason: string): string | undefined =>
  reason === 'muted' ? 'mute' : reason === 'unmuted' ? 'unmute' : undefined;

function attachment(story: LegStory, notice: NoticeAnswer): Record<string, unknown> {
  const { report } = story;
  const left = story.events.findLast(({ type }) => type === 'leg-left');
  const body = {
    lawful_basis: 'consent',
    expiration: left === undefined ? null : timeText(left.at),
    purpose_grants: [
      {
        purpose: 'participation_by_telephone',
        granted: notice.accepted,
        granted_at: timeText(notice.at),
        conditions: ['for this call', `notice in ${notice.language}, SHA-256 ${notice.textHash}`],
      },
    ],
    proof_mechanisms: [
      {
        proof_type: 'external_system',
        timestamp: timeText(notice.at),
        proof_data: {
          system: 'Latchkey consent ledger',
          ledger_key: report.ledgerThumbprint,
          root: report.root,
          event: notice.seq,
          leg: story.leg,
          notice_text: notice.words,
          answer: notice.accepted ? 'key 1' : 'not accepted',
          verified: report.verified,
        },
      },
    ],
    metadata: { drafts: vconDrafts },
  };
  const canonical = jcsText(body);
  return {
    purpose: 'lawful_basis',
    start: timeText(notice.at),
    party: operator,
    dialog: 0,
    mediatype: 'application/json',
    encoding: 'json',
    body: canonical.ok
      ? {
          ...body,
          content_hash: {
            algorithm: 'sha-256',
            canonicalization: 'jcs',
            value: createHash('sha256').update(canonical.value).digest('hex'),
          },
        }
      : body,
  };
}

/** Version 8 (RFC 9562 §5.8): the time as in version 7, then bits of a hash, so that a second export names the same vCon. */
function uuidOf({ leg, report }: LegStory, startMs: number): string {
  const bytes = createHash('sha256').update(`latchkey vcon ${report.ledgerThumbprint} ${leg}`).digest();
  bytes.writeUIntBE(startMs % 2 ** 48, 0, 6);
  bytes[6] = 0x80 | (bytes.readUInt8(6) & 0x0f);
  bytes[8] = 0x80 | (bytes.readUInt8(8) & 0x3f);
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
