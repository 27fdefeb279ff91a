import { Type } from 'typebox';
import { object, orNull, text, whole } from './schema-parts.ts';

/** An address of SIP, with its transport: nothing of it can end a header or begin another one. */
export const contactPattern =
  '^([A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\]):[0-9]{1,5}(;transport=(udp|tcp|tls))?$';

/** What several connectors have in common (docs/scaling.md). */
export const sharingSchema = orNull(
  object(
    'Meetings, wrong PINs and who serves which meeting, shared with other connectors (docs/scaling.md); null: this one is alone.',
    {
      url: text(
        'postgres://user@host:port/database without a password, written as ledger.postgres.url; best a role of its own, without rights to the ledger.',
      ),
      passwordFile: orNull(
        text('File that holds the password, one line; null where the server asks for none.'),
      ),
      group: Type.String({
        description: 'Which connectors belong together: those with the same name here.',
        pattern: '^[A-Za-z0-9._-]{1,64}$',
      }),
      contact: orNull(
        Type.String({
          description:
            'Where the others send calls for meetings that this connector serves: host:port or host:port;transport=tls of its own SIP address, not of a dispatcher; null: nowhere.',
          pattern: contactPattern,
        }),
      ),
      redirect: Type.Boolean({
        description:
          'A call for a meeting that another connector serves gets 302 with the contact of that one; false, or where it has none: 503 with Retry-After, after which a dispatcher tries the next.',
      }),
      leaseSeconds: whole(
        'Seconds after which another connector may serve the meetings of one that does not answer. A bridge that cannot renew in time has left a second before.',
        5,
        120,
      ),
    },
  ),
);
