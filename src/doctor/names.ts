import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const { ok, warning, error } = findingsOf('names');

interface Named {
  readonly setting: string;
  readonly host: string;
  /** Without it nothing starts. */
  readonly needed: boolean;
}

/** Whether the host names of the configuration resolve, by the system's resolver. */
export async function checkNames({ config }: Patient): Promise<Finding[]> {
  const all = names(config).filter(({ host }) => isIP(host) === 0 && host !== 'localhost');
  if (all.length === 0) return [ok('the configuration names no host that has to be looked up')];
  return Promise.all(all.map((named) => resolved(named)));
}

function names(config: Patient['config']): Named[] {
  const { http, sip, meeting, ledger, media } = config;
  const urls: readonly (readonly [string, string | null, boolean])[] = [
    ['http.publicUrl', http.publicUrl, false],
    ['meeting.server.url', meeting.server?.url ?? null, true],
    ['ledger.postgres.url', ledger.store === 'postgres' ? (ledger.postgres?.url ?? null) : null, true],
    ...ledger.witnesses.map(({ name, url }) => [`ledger.witnesses (${name})`, url, false] as const),
  ];
  const direct: Named[] = [
    { setting: 'http.host', host: http.host, needed: true },
    { setting: 'media.host', host: media.host, needed: true },
    ...sip.listen.map(({ host }, index) => ({ setting: `sip.listen.${index}.host`, host, needed: true })),
    ...(sip.drachtio === null
      ? []
      : [{ setting: 'sip.drachtio.host', host: sip.drachtio.host, needed: true }]),
  ];
  const fromUrls = urls.flatMap(([setting, url, needed]) =>
    url === null || !URL.canParse(url)
      ? []
      : [{ setting, host: new URL(url).hostname.replace(/^\[|\]$/g, ''), needed }],
  );
  return [...direct, ...fromUrls];
}

async function resolved({ setting, host, needed }: Named): Promise<Finding> {
  try {
    const addresses = await lookup(host, { all: true });
    return ok(`${setting}: ${host} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch (cause) {
    const advice = {
      found: `${setting}: ${host} does not resolve (${messageOf(cause)})`,
      why: needed ? 'the connector would not start' : 'whoever is given this address cannot reach it',
      remedy: 'correct the name, or the resolver of this machine (/etc/resolv.conf)',
    };
    return needed ? error(advice) : warning(advice);
  }
}
