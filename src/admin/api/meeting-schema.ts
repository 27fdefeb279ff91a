import { Type } from 'typebox';
import { closed, orNull, time } from './schemas.ts';

const serving = closed(
  {
    state: Type.Union(
      [Type.Literal('not-shared'), Type.Literal('nobody'), Type.Literal('held'), Type.Literal('unknown')],
      {
        description:
          'not-shared: this connector has its meetings alone; nobody: no connector serves it now; held: `holder` does; unknown: what connectors share cannot be reached.',
      },
    ),
    holder: orNull(
      closed({
        log: Type.String({ description: 'Name of the connector’s ledger log.' }),
        here: Type.Boolean({ description: 'Whether that is the connector that answers.' }),
        since: orNull(time('Since when, by the database’s clock; null where it was not recorded')),
        expiresAt: time('When the lease runs out unless it is renewed, by the database’s clock'),
        leftMs: Type.Integer({ description: 'Milliseconds until then.', minimum: 0 }),
      }),
    ),
  },
  'Which connector serves it, where several share their meetings. A meeting is taken by its first caller and given back after the last.',
);

export const rotation = closed({
  hours: orNull(
    Type.Integer({ description: 'A new room PIN after so many hours.', minimum: 1, maximum: 8_760 }),
  ),
  eachMeeting: Type.Boolean({ description: 'A new room PIN when the host has ended the meeting.' }),
});

export const meeting = closed({
  id: Type.String({ description: 'Its name, as trunks and this API call it.' }),
  code: Type.String({ description: 'What callers type where there are several meetings. Not a secret.' }),
  createdAt: time('When it was made'),
  kept: Type.Boolean({ description: 'Whether it outlives this process.' }),
  rotation,
  meetingId: orNull(Type.String({ description: 'Of its registration; null until a host has claimed it.' })),
  pins: Type.Array(
    closed({
      pinId: Type.String(),
      holder: orNull(Type.String({ description: 'Whose personal PIN it is; null: the room’s.' })),
      issuedAt: time('When it was issued'),
    }),
  ),
  serving,
});
