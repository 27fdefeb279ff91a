import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fromBase64url, toBase64url } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { MeetingId } from '../base/ids.ts';
import type { HttpPorts } from './ports.ts';
import { createRateLimit, rateSource, type RateLimit } from './rate-limit.ts';
import {
  claimBody,
  meetingParams,
  newPinBody,
  pinBody,
  tokenBody,
  type ClaimBody,
  type MeetingParams,
  type NewPinBody,
  type PinBody,
  type TokenBody,
} from './schemas.ts';

export interface ApiOptions {
  readonly ports: HttpPorts;
  readonly clock: Clock;
}

/** The JSON that the pages speak. Nothing here is a secret except the PIN, in the answer to a claim and to the host's signature. */
export function addApi(app: FastifyInstance, { ports, clock }: ApiOptions): void {
  // A claim token has 128 bits or more: the limit is against load, not against guessing.
  const claims = createRateLimit({ clock, burst: 5, perSecond: 0.2, maxSources: 4096 });
  // A whole office may sit behind one address and reload at once after a network break.
  const tokens = createRateLimit({ clock, burst: 40, perSecond: 2, maxSources: 4096 });
  // A host's page asks once a minute; each costs a signature's check.
  const pins = createRateLimit({ clock, burst: 40, perSecond: 2, maxSources: 4096 });
  // Each is a leaf in the ledger, and nobody needs many.
  const newPins = createRateLimit({ clock, burst: 5, perSecond: 0.1, maxSources: 4096 });
  const reads = createRateLimit({ clock, burst: 120, perSecond: 10, maxSources: 4096 });
  const limited = (limit: RateLimit) => ({
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('cache-control', 'no-store');
      const seconds = limit.take(rateSource(request.ip));
      return seconds === 0
        ? undefined
        : reply.header('retry-after', String(seconds)).refuse('too-many-requests');
    },
  });

  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ live: true }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, reasons } = await ports.readiness();
    return reply
      .header('cache-control', 'no-store')
      .code(ready ? 200 : 503)
      .send({ ready, reasons });
  });

  app.get('/api/setup', limited(reads), async (_request, reply) => {
    const { operators, kem, sfuUrl } = await ports.setup();
    return reply.send({ operators, kem, sfuUrl });
  });

  app.post<{ Body: ClaimBody }>(
    '/api/meetings/claim',
    { ...limited(claims), schema: { body: claimBody } },
    async (request, reply) => {
      const registration = fromBase64url(request.body.registration);
      if (registration === null) return reply.refuse('registration-invalid');
      const { claim, hostName } = request.body;
      const claimed = await ports.claimMeeting({ claim, registration, hostName });
      if (!claimed.ok) return reply.refuse(claimed.reason);
      const { meetingId, pin, pinId, dialIn, operators, sfuUrl } = claimed.value;
      return reply.code(201).send({ meetingId, pin, pinId, dialIn, operators, sfuUrl });
    },
  );

  app.get<{ Params: MeetingParams }>(
    '/api/meetings/:id',
    { ...limited(reads), schema: { params: meetingParams } },
    async (request, reply) => {
      const info = await ports.meetingInfo(request.params.id as MeetingId);
      if (info === null) return reply.refuse('meeting-unknown');
      const { registration, dialIn, sfuUrl, operators } = info;
      return reply.send({ registration: toBase64url(registration), dialIn, sfuUrl, operators });
    },
  );

  app.post<{ Params: MeetingParams }>(
    '/api/meetings/:id/pin-challenge',
    { ...limited(pins), schema: { params: meetingParams } },
    async (request, reply) => {
      const challenge = await ports.pinChallenge(request.params.id as MeetingId);
      if (challenge === null) return reply.refuse('meeting-unknown');
      return reply.send({ challenge: toBase64url(challenge) });
    },
  );

  app.post<{ Params: MeetingParams; Body: PinBody }>(
    '/api/meetings/:id/pin',
    { ...limited(pins), schema: { params: meetingParams, body: pinBody } },
    async (request, reply) => {
      const challenge = fromBase64url(request.body.challenge);
      const signature = fromBase64url(request.body.signature);
      if (challenge === null || signature === null) return reply.refuse('bad-request');
      const told = await ports.hostPin({
        meetingId: request.params.id as MeetingId,
        ...{ challenge, signature },
      });
      if (!told.ok) return reply.refuse(told.reason);
      const { pinId, pin } = told.value;
      return reply.send({ pinId, pin });
    },
  );

  app.post<{ Params: MeetingParams; Body: NewPinBody }>(
    '/api/meetings/:id/new-pin',
    { ...limited(newPins), schema: { params: meetingParams, body: newPinBody } },
    async (request, reply) => {
      const challenge = fromBase64url(request.body.challenge);
      const signature = fromBase64url(request.body.signature);
      if (challenge === null || signature === null) return reply.refuse('bad-request');
      const drawn = await ports.newPin({
        meetingId: request.params.id as MeetingId,
        ...{ challenge, signature, replaces: request.body.replaces },
      });
      if (!drawn.ok) return reply.refuse(drawn.reason);
      const { pinId, pin } = drawn.value;
      return reply.code(201).send({ pinId, pin });
    },
  );

  app.post<{ Params: MeetingParams; Body: TokenBody }>(
    '/api/meetings/:id/token',
    { ...limited(tokens), schema: { params: meetingParams, body: tokenBody } },
    async (request, reply) => {
      const { joinId, name } = request.body;
      if (fromBase64url(joinId)?.length !== 16) return reply.refuse('bad-request');
      const minted = await ports.mintToken({ meetingId: request.params.id as MeetingId, joinId, name });
      return minted.ok
        ? reply.send({ token: minted.value.token, url: minted.value.url })
        : reply.refuse(minted.reason);
    },
  );
}
