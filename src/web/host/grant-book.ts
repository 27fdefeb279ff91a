import type { Clock } from '../../base/clock.ts';
import { fromBase64url } from '../../base/bytes.ts';
import { checkCertificate, type Certificate } from '../../consent/messages/certificate.ts';
import type { RosterBridge } from '../../consent/messages/catalog.ts';
import { peekMessage, verifyMessage, type Verified } from '../../consent/messages/jws.ts';
import type { Registration } from '../../consent/messages/registration.ts';
import type { ConnectorBook, Standing } from './connector-book.ts';
import type { ScopeView } from './session.ts';

/** What a member knows of bridges and of the host's grants, each verified by itself. */
export class GrantBook {
  readonly #registration: Registration;
  readonly #clock: Clock;
  readonly #connectors: ConnectorBook;
  readonly #standings = new Map<string, Standing>();
  readonly #certificates = new Map<string, Certificate>();
  readonly #requests = new Map<string, Verified<'bridge-request'>>();
  readonly #grants = new Map<string, { readonly grant: Verified<'grant'>; readonly untilWallMs: number }>();
  readonly #legRequests = new Map<string, Verified<'leg-request'>>();
  readonly #revoked = new Set<string>();

  constructor(registration: Registration, clock: Clock, connectors: ConnectorBook) {
    this.#registration = registration;
    this.#clock = clock;
    this.#connectors = connectors;
  }

  get hosts(): readonly string[] {
    return this.#registration.hosts;
  }

  /** By raw key, base64url: who runs the bridge. */
  certificate(key: string): Certificate | null {
    return this.#certificates.get(key) ?? null;
  }

  /** How the bridge stood to what this member had seen before this meeting. */
  standing(key: string): Standing {
    return this.#standings.get(key) ?? { state: 'first-use', previousOperator: null };
  }

  /** A hello or a request of a bridge whose operator is registered; anything else is let fall. */
  async addBridge(jws: string): Promise<void> {
    const peeked = peekMessage(jws);
    if (!peeked.ok) return;
    const { type, payload } = peeked.value;
    if (type !== 'bridge-hello' && type !== 'bridge-request') return;
    const key = fromBase64url(payload.key);
    if (key === null) return;
    const verified = await verifyMessage(jws, type, key);
    if (!verified.ok) return;
    const { operators } = this.#registration;
    const hello = type === 'bridge-hello' ? payload : null;
    if (hello !== null) await this.#connectors.take(hello.revocations, operators);
    const certificate = await checkCertificate(payload.certificate, {
      operators,
      key,
      wallMs: this.#clock.wallMs(),
      revocations: (operator) => this.#connectors.revocations(operator),
    });
    if (!certificate.ok) return;
    keep(this.#certificates, payload.key, certificate.value);
    if (hello !== null || !this.#standings.has(payload.key)) {
      const standing = await this.#connectors.standing(certificate.value, hello?.rotation ?? '');
      keep(this.#standings, payload.key, standing);
    }
    if (type === 'bridge-request') {
      keep(this.#requests, verified.value.hash, verified.value as Verified<'bridge-request'>);
    }
  }

  /** A question about further callers, of a bridge that is known by its key. */
  async addLegRequest(jws: string, key: string): Promise<void> {
    const raw = fromBase64url(key);
    const verified = raw === null ? null : await verifyMessage(jws, 'leg-request', raw);
    if (verified?.ok === true) keep(this.#legRequests, verified.value.hash, verified.value);
  }

  /** What a bridge asks, by hash. */
  request(hash: string): Verified<'bridge-request'> | Verified<'leg-request'> | null {
    return this.#requests.get(hash) ?? this.#legRequests.get(hash) ?? null;
  }

  /** A grant whose signature, instance and order were checked. */
  async addGrant(grant: Verified<'grant'>): Promise<void> {
    if (this.#grants.has(grant.hash)) return;
    // The host has decided on this connector: from the next meeting on it is one that this member knows.
    const certificate = this.#certificates.get(this.#requests.get(grant.payload.request)?.payload.key ?? '');
    if (certificate !== undefined) await this.#connectors.pin(certificate);
    const { until } = grant.payload.scope;
    keep(this.#grants, grant.hash, { grant, untilWallMs: until > 0 ? this.#clock.wallMs() + until : 0 });
  }

  /** What a verified grant allows; `until` counts from when it came here, and is for display. */
  scope(hash: string): ScopeView | null {
    const known = this.#grants.get(hash);
    if (known === undefined) return null;
    const { audio, legs, next } = known.grant.payload.scope;
    return { audio, legs, next, untilWallMs: known.untilWallMs };
  }

  revoke(grant: string): void {
    if (grant !== '') this.#revoked.add(grant);
    if (this.#revoked.size > maxKept) this.#revoked.delete([...this.#revoked][0] ?? '');
  }

  /** Whether the host really granted this epoch, or one before it in the same instance, to exactly this bridge. */
  covers(bridge: RosterBridge, roster: { readonly instance: string; readonly epoch: number }): boolean {
    const grant = this.#grants.get(bridge.grant)?.grant;
    const request = this.#requests.get(bridge.request);
    if (grant === undefined || request === undefined || this.#revoked.has(bridge.grant)) return false;
    const { payload } = request;
    return (
      grant.payload.request === request.hash &&
      grant.payload.instance === roster.instance &&
      payload.instance === roster.instance &&
      grant.payload.epoch <= roster.epoch &&
      grant.payload.scope.audio === bridge.audio &&
      payload.key === bridge.key &&
      payload.join === bridge.join
    );
  }

  /** A new instance knows none of the grants of the one before. */
  reset(): void {
    this.#requests.clear();
    this.#legRequests.clear();
    this.#grants.clear();
    this.#revoked.clear();
  }
}

const maxKept = 64;

function keep<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name);
  map.set(name, value);
  if (map.size <= maxKept) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
