import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Account } from '../digest/client.ts';
import { proofFor, type Proof } from '../digest/proof.ts';
import {
  grantedSeconds,
  registrationStart,
  registrationStep,
  type RegistrationEffect,
  type RegistrationEvent,
} from './registration.ts';
import type { RegistrationStatus } from './link-state.ts';
import type { FinalResponse, SendRequest } from './requests.ts';

/** One account of ours at a PBX or carrier. */
export interface Registrant {
  /** User part of the address of record, and of the Contact that calls come to. */
  readonly user: string;
  readonly domain: string;
  readonly servers: readonly string[];
  readonly expiresSeconds: number;
  readonly credentials: Account;
}

export interface RegistrarClient {
  start(): void;
  /** The SIP server that carries our requests is gone. */
  lost(): void;
  /** Takes the binding back; resolves when that was answered. */
  stop(): Promise<void>;
  readonly status: RegistrationStatus;
}

export interface RegistrarClientOptions {
  readonly registrant: Registrant;
  /** For logs: trunk and number of the account, never its user, which may be a phone number. */
  readonly about: { readonly trunk: string; readonly account: number };
  readonly send: SendRequest;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: number) => Buffer;
}

export function createRegistrarClient(options: RegistrarClientOptions): RegistrarClient {
  const { registrant, about, clock, log, random } = options;
  const requests = createRegisterRequests(options);
  let state = registrationStart;
  let status: RegistrationStatus = { registered: false, failure: null };
  let timer: Timer | null = null;
  /** Rises where what is on its way counts no longer. */
  let generation = 0;
  let challenge: Proof | null = null;

  const on = (event: RegistrationEvent): void => {
    const step = registrationStep(state, event, registrant, random(4).readUInt32BE() / 2 ** 32);
    state = step.state;
    for (const effect of step.effects) carryOut(effect);
  };
  const carryOut = (effect: RegistrationEffect): void => {
    switch (effect.kind) {
      case 'timer':
        timer?.cancel();
        timer = effect.ms === null ? null : clock.after(effect.ms, () => on({ kind: 'timer' }));
        return;
      case 'send': {
        const mine = generation;
        void requests.send(effect, effect.prove ? challenge : null).then((response) => {
          if (mine === generation) onOutcome(response, effect.expires);
        });
        return;
      }
      case 'told':
        tell({ registered: effect.registered, failure: effect.failure });
    }
  };
  const onOutcome = (response: FinalResponse | null, asked: number): void => {
    challenge = response === null ? null : requests.challengeOf(response);
    on(eventOf(response, asked, challenge));
  };
  const takeBack = async (effect: RegistrationEffect & { kind: 'send' }): Promise<void> => {
    const first = await requests.send(effect, null);
    const proof = first === null ? null : requests.challengeOf(first);
    if (proof !== null) await requests.send(effect, proof);
  };
  const tell = (now: RegistrationStatus): void => {
    const same = now.registered === status.registered && now.failure === status.failure;
    status = now;
    if (same) return;
    if (now.registered) log.info(about, 'registered');
    else log.warn({ ...about, failure: now.failure }, 'not registered');
  };

  return {
    start: () => on({ kind: 'start' }),
    lost() {
      generation += 1;
      on({ kind: 'carrier-lost' });
    },
    async stop() {
      generation += 1;
      const { state: stopped, effects } = registrationStep(state, { kind: 'stop' }, registrant, 0);
      state = stopped;
      for (const effect of effects) {
        if (effect.kind === 'send') await takeBack(effect);
        else carryOut(effect);
      }
    },
    get status() {
      return status;
    },
  };
}

function eventOf(response: FinalResponse | null, asked: number, challenge: Proof | null): RegistrationEvent {
  if (response === null) return { kind: 'failed', status: null };
  const { status } = response;
  if (status < 300) {
    const granted = grantedSeconds(
      response.get('Contact'),
      response.sent('Contact'),
      response.get('Expires'),
      asked,
    );
    return { kind: 'success', granted };
  }
  if (status === 401 || status === 407)
    return { kind: 'challenged', answerable: challenge !== null, stale: challenge?.stale ?? false };
  if (status !== 423) return { kind: 'failed', status };
  const shortest = /^\s*([0-9]{1,9})\s*$/.exec(response.get('Min-Expires') ?? '')?.[1];
  return { kind: 'too-brief', minExpires: shortest === undefined ? null : Number(shortest) };
}

/** The REGISTER requests of one account: one Call-ID for all, CSeq rising (RFC 3261 §10.2). */
function createRegisterRequests({ registrant, send, random }: RegistrarClientOptions) {
  const { user, domain, credentials } = registrant;
  const uri = `sip:${domain}`;
  const record = `<sip:${user}@${domain}>`;
  const tag = random(8).toString('hex');
  const callId = random(16).toString('hex');
  let sequence = 0;
  return {
    send({ server, expires }: { readonly server: string; readonly expires: number }, proof: Proof | null) {
      sequence += 1;
      const transport = /;transport=[a-z]+/i.exec(server)?.[0] ?? '';
      return send({
        method: 'REGISTER',
        uri,
        to: server,
        headers: {
          From: `${record};tag=${tag}`,
          To: record,
          'Call-ID': callId,
          CSeq: `${sequence} REGISTER`,
          // The SIP server puts the address in that the request leaves from.
          Contact: `<sip:${user}@localhost${transport}>;expires=${expires}`,
          Expires: String(expires),
          ...(proof === null ? {} : { [proof.header]: proof.value }),
        },
      });
    },
    challengeOf: (response: FinalResponse): Proof | null =>
      proofFor(response, { account: credentials, method: 'REGISTER', uri, random }),
  };
}
