import { Type, type TSchema } from 'typebox';

/** What the API takes and answers, closed. docs/openapi.json is made from these. */
export const closed = <P extends Record<string, TSchema>>(properties: P, description?: string) =>
  Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const word = (description: string) => Type.String({ description });
export const time = (description: string) =>
  Type.Integer({ description: `${description}, milliseconds since 1970.`, minimum: 0 });
const count = (description: string) => Type.Integer({ description, minimum: 0 });
const real = (description: string) => Type.Number({ description });

export const idText = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });

export const pageQuery = closed({
  cursor: Type.Optional(
    Type.String({ description: '`next` of the page before.', pattern: '^[A-Za-z0-9._-]{1,64}$' }),
  ),
  limit: Type.Optional(
    Type.Integer({ description: 'At most so many; 50 if left out.', minimum: 1, maximum: 100 }),
  ),
});

export const page = (item: TSchema) =>
  closed({
    items: Type.Array(item),
    next: orNull(Type.String({ description: 'Cursor of the next page; null: this is the last one.' })),
  });

export const quality = closed({
  mos: real('Mean opinion score by the E-model, 1 to 4.5.'),
  lossIn: real('0 to 1: lost or late of what the caller sent.'),
  lossOut: orNull(real('0 to 1: of what we sent, as the caller reported last.')),
  jitterMs: real('Milliseconds.'),
  roundTripMs: orNull(real('Milliseconds, by RTCP.')),
  echoDb: orNull(real('Decibels: how loud the phone gives back what it is sent; null: no echo was found.')),
});

export const leg = closed({
  id: word('Opaque.'),
  call: word('Of its call, as logs name it.'),
  trunk: word('Name of the trunk.'),
  transport: word('udp, tcp or tls.'),
  srtp: Type.Boolean(),
  codec: word('PCMU, PCMA, G722 or opus.'),
  caller: word('As the host sees it: masked.'),
  verification: word('STIR/SHAKEN: A, B, C, failed or absent.'),
  phase: word('What the caller is in.'),
  inMeeting: Type.Boolean(),
  muted: Type.Boolean({ description: 'By the host.' }),
  meeting: orNull(word('Meeting id; null before its host has claimed it.')),
  answeredAt: time('When it was answered'),
  quality: orNull(quality),
  scores: Type.Array(Type.Number(), {
    description: 'The last scores, oldest first, one every five seconds.',
  }),
});

export const bridge = closed({
  meeting: word('Meeting id.'),
  since: time('Since when'),
  hostPresent: Type.Boolean(),
  gate: Type.Union([Type.Literal('open'), Type.Literal('closed')]),
  keysHeld: count('Frame keys in its worker.'),
  undecryptable: count('Frames that did not open under any key.'),
  replayed: count('Frames that came twice.'),
  plaintext: count('Frames that were not encrypted: never played.'),
});

const callQuality = closed(
  {
    mos: real('Mean of its scores.'),
    lowestMos: real('The lowest of them.'),
    lossIn: real('Mean, 0 to 1: lost or late of what the phone sent.'),
    jitterMs: real('Mean, milliseconds.'),
    reports: count('Of how many reports, one every five seconds.'),
  },
  'Over the whole call, once it is over; null before that, and where it was too short for a report.',
);

export const call = closed({
  id: word('As logs name it.'),
  leg: word('Its leg.'),
  trunk: word('Name of the trunk.'),
  transport: word('udp, tcp or tls.'),
  direction: Type.Union([Type.Literal('in'), Type.Literal('out')], {
    description: 'in: a caller came; out: a host had a phone called.',
  }),
  caller: word('The other end as it was masked at the answer.'),
  codec: word('PCMU, PCMA, G722 or opus.'),
  srtp: Type.Boolean(),
  meeting: orNull(word('Meeting id.')),
  startedAt: time('When its INVITE came, or was sent'),
  answeredAt: time('When it was answered'),
  endedAt: orNull(time('When it ended')),
  setupMs: real('From INVITE to dialog, milliseconds.'),
  reason: orNull(word('Why it ended.')),
  admitted: Type.Boolean({ description: 'Whether a host ever let it in.' }),
  quality: orNull(callQuality),
});

export const trunk = closed({
  name: word('As configured.'),
  calls: count('Now.'),
  accepted: count('Since the start.'),
  refused: Type.Record(Type.String(), Type.Integer(), { description: 'Since the start, by cause.' }),
  health: orNull(
    Type.Union([Type.Literal('unknown'), Type.Literal('up'), Type.Literal('down')], {
      description: 'As OPTIONS answer; null: not asked.',
    }),
  ),
  registrations: Type.Array(closed({ registered: Type.Boolean(), failure: orNull(Type.String()) })),
});

export const status = closed({
  version: word('Of the software.'),
  startedAt: time('When the process started'),
  ready: Type.Boolean({ description: 'Whether new calls are taken.' }),
  reasons: Type.Array(Type.String(), { description: 'Why not.' }),
  draining: Type.Boolean(),
  legs: count('Now.'),
  bridges: count('Now.'),
  role: Type.Union([Type.Literal('reader'), Type.Literal('auditor'), Type.Literal('operator')], {
    description: 'Yours.',
  }),
});

export const ledgerLeaf = closed({
  seq: count('Position in the log.'),
  leaf: orNull(word('Its exact bytes, base64url; null where they were pruned.')),
  entry: orNull(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'The same, as JSON (docs/ledger-events.md).',
    }),
  ),
  path: Type.Array(Type.String(), { description: 'RFC 9162 inclusion proof, base64url hashes.' }),
});

export const ledgerTail = closed({
  size: count('Leaves.'),
  checkpoint: word('Signed note over exactly `size` leaves (C2SP tlog-checkpoint).'),
  ledgerKey: word('Raw Ed25519 key that signed it, base64url.'),
  leaves: Type.Array(ledgerLeaf),
  growth: orNull(
    Type.Array(Type.String(), {
      description: 'RFC 9162 consistency proof from `since`; null: not asked, or none.',
    }),
  ),
});

export const consentEvent = closed({
  seq: count('Position in the ledger.'),
  at: time('When it was recorded'),
  type: word('Leaf type (docs/ledger-events.md).'),
  meeting: orNull(Type.String()),
  bridge: orNull(Type.String()),
  leg: orNull(Type.String()),
  data: Type.Record(Type.String(), Type.Unknown()),
});

export const problemSchema = closed({
  type: word('urn:latchkey:problem: and the code.'),
  title: Type.String(),
  status: Type.Integer(),
  code: word('Stable.'),
  detail: Type.Optional(Type.String()),
});
