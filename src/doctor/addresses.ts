import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { findingsOf, type Finding, type Patient } from './finding.ts';

const { ok, note, warning, error } = findingsOf('addresses');

/** Who can reach what listens, and whether the addresses that peers are told are this machine's. */
export function checkAddresses({ config }: Patient): Finding[] {
  const { sip, media, http, sfu, meeting } = config;
  const phones = sip.drachtio === null ? sip.listen.map(({ host }) => host) : [];
  const open = phones.filter((host) => !isLoopback(host));
  const found: Finding[] = [];
  if (sip.drachtio === null) found.push(phoneReach(phones, open));
  found.push(...mediaAddress(media, open.length > 0 || sip.drachtio !== null));
  found.push(...outerAddresses(config));
  if (!isLoopback(http.host) && http.tls === null && http.publicUrl === null)
    found.push(
      warning({
        found: `http.host ${http.host} serves pages without TLS`,
        why: 'away from localhost a browser gives such a page no microphone and no encryption',
        remedy: 'set http.tls, or http.publicUrl where a reverse proxy in front speaks https',
      }),
    );
  if (meeting.server === null && !isLoopback(http.host) && isLoopback(sfu.host))
    found.push(
      error({
        found: `http.host ${http.host} serves other machines, sfu.host ${sfu.host} does not`,
        why: 'their browsers are told to connect to a meeting server on themselves',
        remedy: 'set sfu.host and sfu.rtcBindAddress to an address of this machine, or use meeting.server',
      }),
    );
  return found;
}

function phoneReach(all: readonly string[], open: readonly string[]): Finding {
  if (open.length === 0)
    return note({
      found: `sip.listen is ${[...new Set(all)].join(', ')}: only this machine can call`,
      why: 'a carrier, a PBX or a telephone cannot reach it',
      remedy:
        'nothing for a trial; otherwise set sip.listen and media.host to an address of this machine, and trunks',
    });
  return ok(`sip.listen ${[...new Set(open)].join(', ')}: other machines can call`);
}

function mediaAddress({ host, externalAddress }: Patient['config']['media'], open: boolean): Finding[] {
  if (isAny(host))
    return [
      error({
        found: `media.host is ${host}`,
        why: 'it is told to telephones as the address for their audio, and is no address',
        remedy: 'set media.host to the one address that telephones reach',
      }),
    ];
  if (open && isLoopback(host))
    return [
      error({
        found: `media.host is ${host}, and calls come from other machines`,
        why: 'telephones would send their audio to themselves: silence both ways',
        remedy: 'set media.host to an address of this machine that telephones reach',
      }),
    ];
  if (isIP(host) !== 0 && !ownAddresses().has(host))
    return [
      error({
        found: `media.host ${host} is no address of this machine`,
        why: 'no RTP port can be bound there: every call is refused',
        remedy: `set it to one of ${[...ownAddresses()].join(', ')}`,
      }),
    ];
  if (open && isPrivate(host) && externalAddress === null)
    return [
      note({
        found: `media.host ${host} is a private address`,
        why: 'telephones beyond the NAT cannot send audio to it; symmetric RTP helps only where they are reached first',
        remedy:
          'nothing inside one network or behind an SBC; for a carrier on the Internet see docs/nat-and-tls.md',
      }),
    ];
  return [ok(`media.host ${host}`)];
}

/** What the outside is told, where a NAT is between: nobody in here can try it, but some of it is plainly wrong. */
function outerAddresses({ sip, media }: Patient['config']): Finding[] {
  const named = [
    ['sip.externalAddress', sip.externalAddress],
    ['media.externalAddress', media.externalAddress],
  ] as const;
  const found = named.flatMap(([setting, external]) => {
    if (external === null) return [];
    const { address } = external;
    if (isLoopback(address) || isPrivate(address) || isAny(address))
      return [
        error({
          found: `${setting} is ${address}, which nobody outside reaches`,
          why: 'it is what peers beyond the NAT are told to send to',
          remedy: `set ${setting}.address to the public address of the NAT, with the ports forwarded unchanged`,
        }),
      ];
    return [ok(`${setting}: ${address}`)];
  });
  const signalling = sip.externalAddress !== null && sip.drachtio === null;
  if (signalling !== (media.externalAddress !== null) && sip.drachtio === null)
    found.push(
      warning({
        found: `${signalling ? 'sip' : 'media'}.externalAddress is set, ${signalling ? 'media' : 'sip'}.externalAddress is not`,
        why: 'behind a NAT both signalling and media have to name the outer address: else calls connect and stay silent, or do not connect',
        remedy: 'set both (docs/nat-and-tls.md)',
      }),
    );
  return found;
}

function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  );
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
/** RFC 1918, RFC 6598 (carrier-grade NAT), RFC 3927, RFC 4193, RFC 4291 §2.5.6. */
const inner = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  inner.addSubnet(net, bits, 'ipv4');
inner.addSubnet('fc00::', 7, 'ipv6');
inner.addSubnet('fe80::', 10, 'ipv6');

const within = (list: BlockList, host: string): boolean => {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 6 ? 'ipv6' : 'ipv4');
};
const isLoopback = (host: string): boolean => host === 'localhost' || within(loopback, host);
const isPrivate = (host: string): boolean => within(inner, host);
const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';
