import type { Clock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { DiallingOptions } from './call/dialling.ts';
import { DialDesk } from './call/dial-policy.ts';
import { readSecretFile } from './config/load.ts';
import type { Config } from './config/schema.ts';
import type { SipGateway } from './sip/gateway.ts';
import type { OutgoingSettings } from './sip/outgoing.ts';
import { planTrunks } from './sip/trunk/trunk.ts';

export interface Outbound {
  readonly dialling: DiallingOptions;
  readonly settings: OutgoingSettings;
  /** Calls are made by this one, from now on. */
  use(gateway: SipGateway): void;
}

export interface OutboundParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
}

/** Calls that hosts ask for, as configured; null: none. @throws LatchkeyError `config-invalid` */
export async function planOutbound({ config, clock, log }: OutboundParts): Promise<Outbound | null> {
  const { outbound, sip } = config;
  if (outbound === null) return null;
  // The numbering plans of all countries take 20 MB, which a connector that calls nobody does without.
  const { costsExtra } = await import('./call/premium-numbers.ts');
  const trunk = planTrunks(config).trunks.find(({ name }) => name === outbound.trunk);
  const { account } = outbound;
  let gateway: SipGateway | null = null;
  return {
    dialling: {
      log,
      desk: new DialDesk({ ...outbound, numbers: trunk?.numbers ?? null, costsExtra }, clock),
      place: (order) => gateway?.place(order) ?? null,
      announcement: announcement(outbound.ownRecording, sip.dialInNumber),
    },
    settings: {
      ...outbound,
      ringMs: outbound.ringSeconds * 1_000,
      account:
        account === null
          ? null
          : { ...account, password: readSecretFile('outbound.account.passwordFile', account.passwordFile) },
    },
    use: (made) => (gateway = made),
  };
}

/** Who calls, from recordings: the operator's own where there is one, and the number by which the callee can check it. */
function announcement(ownRecording: boolean, dialInNumber: string): readonly string[] {
  const own = ownRecording ? ['invited-by'] : [];
  const digits = dialInNumber.replaceAll(/[^0-9]/g, '');
  const callBack = digits === '' ? [] : ['invited-number', ...Array.from(digits, (d) => `digit-${d}`)];
  return ['invited', ...own, ...callBack];
}
