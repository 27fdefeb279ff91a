import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { findingsOf, type Finding, type Patient } from './finding.ts';
import { portOwner } from './port-owner.ts';

const { ok, note, warning, error } = findingsOf('ports');

interface Listener {
  readonly setting: string;
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
}

/** Whether everything that `start` listens on can be bound now, and whether the RTP range is wide enough. */
export async function checkPorts({ config }: Patient): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const listener of listeners(config)) found.push(await look(listener));
  return [...found, ...rtpRange(config)];
}

function listeners({ http, admin, sip, sfu, meeting }: Patient['config']): Listener[] {
  const pages: Listener = { setting: 'http', transport: 'tcp', host: http.host, port: http.port };
  const operators: Listener[] = admin.enabled
    ? [{ setting: 'admin', transport: 'tcp', host: admin.host, port: admin.port }]
    : [];
  const phones = sip.listen.map(({ transport, host, port }, index) => ({
    setting: `sip.listen.${index}`,
    // TLS listens on TCP.
    transport: transport === 'udp' ? ('udp' as const) : ('tcp' as const),
    host,
    port,
  }));
  const rooms: Listener[] = [
    { setting: 'sfu', transport: 'tcp', host: sfu.host, port: sfu.port },
    { setting: 'sfu.rtc', transport: 'udp', host: sfu.rtcBindAddress, port: sfu.rtcPort },
  ];
  return [
    pages,
    ...operators,
    ...(sip.drachtio === null ? phones : []),
    ...(meeting.server === null ? rooms : []),
  ].filter(({ port }) => port !== 0);
}

async function look(listener: Listener): Promise<Finding> {
  const { setting, transport, host, port } = listener;
  const where = `${setting}: ${transport} ${host}:${port}`;
  const fault = await tryToBind(listener);
  if (fault === null) return ok(`${where} is free`);
  if (fault === 'EADDRINUSE') return inUse(where, listener);
  if (fault === 'EADDRNOTAVAIL')
    return error({
      found: `${where}: this machine has no such address`,
      why: 'the connector would not start',
      remedy: `set ${setting} to an address that "ip addr" shows`,
    });
  return error({
    found: `${where} cannot be bound (${fault})`,
    why: 'the connector would not start',
    remedy:
      fault === 'EACCES'
        ? 'take a port of 1024 or above, or give the service CAP_NET_BIND_SERVICE'
        : `change ${setting}`,
  });
}

function inUse(where: string, { transport, port, setting }: Listener): Finding {
  const owner = portOwner(transport, port);
  if (owner?.ours === true)
    return note({
      found: `${where} is held by a running connector of this installation (process ${owner.pid})`,
      why: 'a second one cannot listen there',
      remedy: 'nothing, where that one is meant to run',
    });
  const who = owner === null ? 'another program' : `${owner.program} (process ${owner.pid})`;
  return error({
    found: `${where} is held by ${who}`,
    why: 'the connector would not start',
    remedy: `stop that program, or change ${setting}.port`,
  });
}

/** The error's code; null: it could be bound. */
function tryToBind({ transport, host, port }: Listener): Promise<string | null> {
  return new Promise((resolve) => {
    const failed = (cause: NodeJS.ErrnoException): void => resolve(cause.code ?? 'unknown');
    if (transport === 'udp') {
      const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
      socket.once('error', failed);
      socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(null)));
      return;
    }
    const server = createServer();
    server.once('error', failed);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function rtpRange({ media, sip }: Patient['config']): Finding[] {
  const { min, max } = media.rtpPorts;
  const legs = Math.floor((max - min + 1) / 2);
  const found: Finding[] = [];
  if (legs < sip.maxCalls)
    found.push(
      warning({
        found: `media.rtpPorts ${min}-${max} is for ${legs} legs, sip.maxCalls is ${sip.maxCalls}`,
        why: 'a leg takes an even port for RTP and the one above it for RTCP; further callers are refused',
        remedy: `widen media.rtpPorts, or lower sip.maxCalls to ${legs}`,
      }),
    );
  const [low, high] = ephemeralPorts();
  if (low !== undefined && high !== undefined && min <= high && max >= low)
    found.push(
      note({
        found: `media.rtpPorts ${min}-${max} overlaps the ports that this machine gives to any program (${low}-${high})`,
        why: 'a port may be taken when a call comes; then another one is drawn',
        remedy: `take a range outside it, or reserve it: net.ipv4.ip_local_reserved_ports=${min}-${max}`,
      }),
    );
  return found.length > 0 ? found : [ok(`media.rtpPorts ${min}-${max}: room for ${legs} legs`)];
}

function ephemeralPorts(): number[] {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').trim().split(/\s+/).map(Number);
  } catch {
    return []; // Not Linux.
  }
}
