import { Type, type Static } from 'typebox';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { CreatedMeeting, IssuedPin, MeetingView, NewMeeting } from '../../call/meeting-entry.ts';
import type { HoldersOf } from '../../call/ownership.ts';
import type { AdminProblemCode } from '../problem.ts';
import { operation, type Operation } from './operation.ts';
import { pageBy } from './paging.ts';
import { meeting, rotation } from './meeting-schema.ts';
import { closed, orNull, page, pageQuery } from './schemas.ts';
import { servingOf } from './serving.ts';

/** The meetings of this connector as the API changes them; `meetings.ts` and its book implement it. */
export interface MeetingDesk {
  list(): readonly MeetingView[];
  get(name: string): MeetingView | null;
  create(
    meeting: NewMeeting,
  ): Promise<Result<CreatedMeeting, 'name-invalid' | 'name-taken' | 'too-many-meetings'>>;
  close(name: string): Promise<Result<null, 'meeting-unknown'>>;
  issuePin(
    name: string,
    holder: string,
  ): Promise<Result<IssuedPin, 'meeting-unknown' | 'holder-invalid' | 'too-many-pins'>>;
  revokePin(
    name: string,
    pinId: string,
  ): Promise<Result<null, 'meeting-unknown' | 'pin-unknown' | 'room-pin'>>;
  rotatePins(name: string): Promise<Result<IssuedPin, 'meeting-unknown'>>;
  takeNewPin(name: string): string | null;
  /** Which connectors serve meetings; null: this one shares none. */
  readonly holders: HoldersOf | null;
}

const nameText = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' });
const params = closed({ meeting: nameText });
const pinText = Type.String({ description: 'Told once, here: the connector keeps its hash.' });

const issued = closed({ pinId: Type.String(), pin: pinText });

type Shown = Static<typeof meeting>;

/** With who serves each of them, asked once for all. */
async function shown(desk: MeetingDesk, views: readonly MeetingView[]): Promise<readonly Shown[]> {
  const serving = await servingOf(
    desk.holders,
    views.map(({ name }) => name),
  );
  return views.map(({ name, rotation: when, pins, ...rest }) => ({
    ...{ id: name, ...rest, rotation: { ...when }, pins: pins.map((pin) => ({ ...pin })) },
    serving: serving(name),
  }));
}

/** The book's refusals by the API's codes. */
const codes = {
  'name-invalid': 'bad-request',
  'name-taken': 'name-taken',
  'too-many-meetings': 'too-many',
  'meeting-unknown': 'not-found',
  'holder-invalid': 'bad-request',
  'too-many-pins': 'too-many',
  'pin-unknown': 'not-found',
  'room-pin': 'room-pin',
} as const satisfies Record<string, AdminProblemCode>;

const passed = <T>(result: Result<T, keyof typeof codes>): Result<T, AdminProblemCode> =>
  result.ok ? result : refuse(codes[result.reason]);

export function meetingOperations(desk: MeetingDesk): readonly Operation[] {
  const common = { tag: 'meetings' } as const;
  return [
    operation({
      ...{ ...common, id: 'listMeetings', method: 'GET', path: '/v1/meetings', role: 'reader', status: 200 },
      summary: 'Meetings that callers can dial into, without PINs.',
      query: pageQuery,
      answer: page(meeting),
      problems: ['cursor-invalid'],
      async handle({ query }) {
        const part = pageBy(desk.list(), query, ({ name }) => name);
        return part.ok ? ok({ ...part.value, items: await shown(desk, part.value.items) }) : part;
      },
    }),
    operation({
      ...{
        ...common,
        id: 'createMeeting',
        method: 'POST',
        path: '/v1/meetings',
        role: 'operator',
        status: 201,
      },
      summary: 'A new meeting, with the one-time claim of its host link and its room PIN, both told once.',
      body: closed({
        name: Type.Optional(nameText),
        kept: Type.Boolean({ description: 'Whether it outlives this process.' }),
        rotation: Type.Optional(rotation),
      }),
      answer: closed({ meeting, claim: Type.String({ description: 'For /host#claim.' }), pin: pinText }),
      action: 'meeting-create',
      problems: ['name-taken', 'too-many', 'ledger-unavailable'],
      async handle({ body: { name, kept, rotation: when } }) {
        const wanted = {
          kept,
          ...(name === undefined ? {} : { name }),
          ...(when === undefined ? {} : { rotation: when }),
        };
        const created = passed(await desk.create(wanted));
        if (!created.ok) return created;
        const [made] = await shown(desk, [created.value.meeting]);
        return ok({ ...created.value, meeting: made });
      },
    }),
    operation({
      ...{
        ...common,
        id: 'getMeeting',
        method: 'GET',
        path: '/v1/meetings/{meeting}',
        role: 'reader',
        status: 200,
      },
      summary: 'One meeting.',
      params,
      answer: meeting,
      problems: ['not-found'],
      async handle({ params: { meeting: name } }) {
        const found = desk.get(name);
        return found === null ? refuse('not-found') : ok((await shown(desk, [found]))[0]);
      },
    }),
    operation({
      ...{
        ...common,
        id: 'closeMeeting',
        method: 'DELETE',
        path: '/v1/meetings/{meeting}',
        role: 'operator',
      },
      summary: 'Ends it: callers are told, keys destroyed, code and PINs void.',
      status: 200,
      params,
      answer: closed({ closed: Type.Literal(true) }),
      action: 'meeting-close',
      problems: ['not-found', 'ledger-unavailable'],
      async handle({ params: { meeting: name } }) {
        const done = passed(await desk.close(name));
        return done.ok ? ok({ closed: true }) : done;
      },
    }),
    ...pinOperations(desk),
  ];
}

function pinOperations(desk: MeetingDesk): readonly Operation[] {
  const common = { tag: 'meetings', role: 'operator' } as const;
  return [
    operation({
      ...{ ...common, id: 'issuePin', method: 'POST', path: '/v1/meetings/{meeting}/pins', status: 201 },
      summary: 'A personal PIN, which names its holder to the host.',
      params,
      body: closed({
        holder: Type.String({ description: 'As the host sees it.', minLength: 1, maxLength: 24 }),
      }),
      answer: issued,
      action: 'pin-issue',
      problems: ['not-found', 'too-many', 'ledger-unavailable'],
      handle: async ({ params: { meeting: name }, body }) => passed(await desk.issuePin(name, body.holder)),
    }),
    operation({
      ...{
        ...common,
        id: 'revokePin',
        method: 'DELETE',
        path: '/v1/meetings/{meeting}/pins/{pin}',
        status: 200,
      },
      summary: 'A personal PIN is void from now on. Calls that came in by it go on.',
      params: closed({ meeting: nameText, pin: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) }),
      answer: closed({ revoked: Type.Literal(true) }),
      action: 'pin-revoke',
      problems: ['not-found', 'room-pin', 'ledger-unavailable'],
      async handle({ params: { meeting: name, pin } }) {
        const done = passed(await desk.revokePin(name, pin));
        return done.ok ? ok({ revoked: true }) : done;
      },
    }),
    operation({
      ...{
        ...common,
        id: 'rotatePin',
        method: 'POST',
        path: '/v1/meetings/{meeting}/rotate-pin',
        status: 200,
      },
      summary: 'A new room PIN; the old one is void.',
      params,
      answer: issued,
      action: 'pins-rotate',
      problems: ['not-found', 'ledger-unavailable'],
      handle: async ({ params: { meeting: name } }) => passed(await desk.rotatePins(name)),
    }),
    operation({
      ...{ ...common, id: 'takeNewPin', method: 'POST', path: '/v1/meetings/{meeting}/new-pin', status: 200 },
      summary:
        'The room PIN that a rotation by itself has drawn, told once; null where there is none to tell.',
      params,
      answer: closed({ pin: orNull(pinText) }),
      action: 'pin-take',
      problems: ['not-found', 'ledger-unavailable'],
      handle({ params: { meeting: name } }) {
        if (desk.get(name) === null) return Promise.resolve(refuse('not-found'));
        return Promise.resolve(ok({ pin: desk.takeNewPin(name) }));
      },
    }),
  ];
}
