import { Type } from 'typebox';
import { object, orNull, text, whole } from './schema-parts.ts';

const beginning = Type.String({ description: 'E.164, with plus.', pattern: '^\\+[1-9][0-9]{0,14}$' });

/** Calls that a host asks for: docs/outbound.md. */
export const outboundSchema = orNull(
  object('Phones that a host invites (docs/outbound.md); null: nobody is called.', {
    trunk: Type.String({
      description:
        'Name of the trunk that the calls belong to: its codecs, srtp, numbers, sources and maxCalls.',
      pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
    }),
    target: Type.String({
      description: 'SIP URI of the next hop, without a user, such as sip:carrier.example.net;transport=tcp.',
      pattern: '^sips?:([A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(;transport=(udp|tcp|tls))?$',
    }),
    account: orNull(
      object('Credentials, where the next hop asks for them (RFC 7616, RFC 8760).', {
        user: Type.String({ description: 'User name.', pattern: '^[A-Za-z0-9._+@-]{1,64}$' }),
        passwordFile: text('File that holds the password, one line.'),
        allowMd5: Type.Boolean({ description: 'Answer challenges that know MD5 alone.' }),
      }),
    ),
    callerNumber: Type.String({
      description: 'User part of From: the number that callees see and may call back.',
      pattern: '^\\+?[A-Za-z0-9._-]{1,32}$',
    }),
    callerName: Type.String({
      description: 'Display name of From; empty: none.',
      pattern: '^[A-Za-z0-9 .,_-]{0,40}$',
    }),
    assertIdentity: Type.Boolean({
      description: 'Send P-Asserted-Identity as well, where the carrier wants it.',
    }),
    ownRecording: Type.Boolean({
      description:
        'Whether media.promptsDir has a recording invited-by in each language, which says whose bridge calls.',
    }),
    plus: Type.Boolean({ description: 'Whether called numbers are sent with their plus sign.' }),
    allowed: Type.Array(beginning, {
      description: 'Beginnings of numbers that are called; nothing else is.',
      minItems: 1,
      maxItems: 200,
    }),
    refused: Type.Array(beginning, {
      description: 'Beginnings of numbers that are not called, beside premium and emergency numbers.',
      maxItems: 1_000,
    }),
    emergency: Type.Array(Type.String({ description: 'As dialled.', pattern: '^[0-9]{2,8}$' }), {
      description: 'Further emergency numbers, beside the usual ones: they are refused.',
      maxItems: 100,
    }),
    ringSeconds: whole('Seconds that a phone rings before the call is given up.', 5, 180),
    maxPerMeeting: whole('Invited phones of one meeting at a time.', 1, 16),
    maxCalls: whole('Invited phones of all meetings at a time.', 1, 1_000),
    maxPerHour: whole('Calls of all meetings begun within an hour.', 1, 10_000),
  }),
);
