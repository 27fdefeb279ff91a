import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What sipp counted in one run of INVITE, 200, ACK, BYE, 200 over UDP, without a pause in the call. */
export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  readonly inviteRetransmissions: number;
  readonly byeRetransmissions: number;
  /** Calls that ended, a second of the whole run. */
  readonly achieved: number;
}

export interface Load {
  /** `host:port` */
  readonly target: string;
  readonly callsPerSecond: number;
  readonly calls: number;
}

export async function runLoad({ target, callsPerSecond, calls }: Load): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sip-load-'));
  try {
    await writeFile(join(folder, 'call.xml'), scenario);
    const args = [target, '-sf', 'call.xml', '-i', '127.0.0.1', '-t', 'u1', '-nostdin', '-trace_counts'];
    args.push('-r', String(callsPerSecond), '-m', String(calls), '-l', '50000', '-fd', '1');
    args.push('-buff_size', String(4 * 1024 * 1024));
    const started = performance.now();
    const seconds = await new Promise<number>((resolve, reject) => {
      const sipp = spawn('sipp', args, { cwd: folder, stdio: 'ignore' });
      sipp.on('error', reject);
      // 0: every call as the scenario says; 1: some were not, and are counted.
      sipp.on('exit', (code) => {
        if (code === 0 || code === 1) resolve((performance.now() - started) / 1_000);
        else reject(new Error(`sipp ended with ${code}`));
      });
    });
    const file = (await readdir(folder)).find((name) => name.endsWith('_counts.csv'));
    if (file === undefined) throw new Error('sipp left no counts');
    return { ...read(await readFile(join(folder, file), 'utf8')), achieved: Math.round(calls / seconds) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The last line of sipp's counts: `;` between columns, named `<step>_<message>_<what>`. */
function read(csv: string): Omit<LoadResult, 'achieved'> {
  const lines = csv.trim().split('\n');
  const [names, values] = [lines[0]!.split(';'), lines.at(-1)!.split(';')];
  const sum = (name: RegExp): number =>
    names.reduce((total, column, i) => total + (name.test(column) ? Number(values[i]) : 0), 0);
  const calls = sum(/INVITE_Sent$/);
  const ended = sum(/_200_Recv$/) - sum(/^2_200_Recv$/);
  return {
    calls,
    failed: calls - ended,
    inviteRetransmissions: sum(/INVITE_Retrans$/),
    byeRetransmissions: sum(/BYE_Retrans$/),
  };
}

const fields = (tag: string): string =>
  [
    'Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]',
    'From: <sip:bench@[local_ip]:[local_port]>;tag=[pid]-[call_number]',
    `To: <sip:meet@[remote_ip]:[remote_port]>${tag}`,
    'Call-ID: [call_id]',
    'Max-Forwards: 70',
  ].join('\n');

/** Transactions are named: else sipp takes a repeated 200 of the INVITE for the answer to its BYE. */
const scenario = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="call">
<send retrans="500" start_txn="invite"><![CDATA[

INVITE sip:meet@[remote_ip]:[remote_port] SIP/2.0
${fields('')}
CSeq: 1 INVITE
Contact: <sip:bench@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=bench 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 4000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
<recv response="100" optional="true" response_txn="invite"/>
<recv response="200" response_txn="invite"/>
<send ack_txn="invite"><![CDATA[

ACK sip:meet@[remote_ip]:[remote_port] SIP/2.0
${fields('[peer_tag_param]')}
CSeq: 1 ACK
Content-Length: 0

]]></send>
<send retrans="500" start_txn="bye"><![CDATA[

BYE sip:meet@[remote_ip]:[remote_port] SIP/2.0
${fields('[peer_tag_param]')}
CSeq: 2 BYE
Content-Length: 0

]]></send>
<recv response="200" response_txn="bye"/>
</scenario>
`;
