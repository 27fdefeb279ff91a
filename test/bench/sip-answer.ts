import Srf from 'drachtio-srf';
import type { SrfClient } from '../../src/sip/srf.ts';

/**
 * The app of the SIP bench, a process of its own: an unmodified drachtio-srf that answers every call at once. Started
 * with the port and the secret of the SIP server; says `ready` when it is connected.
 */
const sdp = ['v=0', 'o=app 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
  .concat(['m=audio 4002 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', ''])
  .join('\r\n');

const [port, secret = ''] = process.argv.slice(2);
const srf = new Srf() as unknown as SrfClient;
srf.invite((request, response) => {
  // A caller that has gone meanwhile is counted by the load generator, not here.
  srf.createUAS(request, response, { localSdp: sdp, headers: {} }, () => undefined);
});
srf.on('connect', (error) => process.send?.(error ? 'refused' : 'ready'));
srf.on('error', () => process.exit(1));
srf.connect({ host: '127.0.0.1', port: Number(port), secret, reconnect: { retryMaxDelay: 1_000 } });
process.on('disconnect', () => process.exit(0));
