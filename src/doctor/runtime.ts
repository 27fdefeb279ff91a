import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { systemClock } from '../base/clock.ts';
import { fileProblem, modeProblem, namedFiles } from '../config/files.ts';
import { loadOpus } from '../media/codec/opus-loader.ts';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const runtime = findingsOf('runtime');
const limit = findingsOf('limits');
const opus = findingsOf('opus');
const files = findingsOf('config-files');

/** Node's version and how many frames this machine encrypts: what runs, and on what. */
export function checkRuntime(): Finding[] {
  const { node } = process.versions;
  const found: Finding[] = [];
  if (Number(node.split('.')[0]) < 24)
    found.push(
      runtime.error({
        found: `this is Node ${node}`,
        why: 'Latchkey needs Node 24 (node:sqlite, type stripping)',
        remedy: 'start it as npx latchkey: the right Node comes with the package',
      }),
    );
  if (process.execArgv.some((arg) => arg.startsWith('--inspect')))
    found.push(
      runtime.error({
        found: 'Node’s inspector is open',
        why: 'whoever connects to it reads every secret of the process',
        remedy: 'start without --inspect, and without NODE_OPTIONS that hold it',
      }),
    );
  const cores = availableParallelism();
  const micros = frameMicros();
  const freeMiB = Math.round(freemem() / (1 << 20));
  const machine = `Node ${node}, ${cores} cores, ${freeMiB} MiB free, ${micros.toFixed(1)} µs to encrypt a frame`;
  if (micros > 50)
    found.push(
      runtime.warning({
        found: machine,
        why: 'a frame takes 3 to 5 µs where the processor has AES instructions: this one is slow or has none',
        remedy:
          'give the machine a processor with AES instructions, or pass them through to the virtual machine',
      }),
    );
  else found.push(runtime.ok(machine));
  return found;
}

/** Of Opus-sized frames of 160 bytes under AES-256-GCM: the best of twenty runs, because other programs use the machine too. */
function frameMicros(): number {
  const key = Buffer.alloc(32, 1);
  const frame = Buffer.alloc(160, 2);
  const iv = Buffer.alloc(12);
  const frames = 100;
  let best = Infinity;
  for (let run = 0; run < 20; run++) {
    const start = systemClock.monoMs();
    for (let i = 0; i < frames; i++) {
      iv.writeUInt32BE(run * frames + i);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      cipher.update(frame);
      cipher.final();
      cipher.getAuthTag();
    }
    best = Math.min(best, ((systemClock.monoMs() - start) * 1_000) / frames);
  }
  return best;
}

/** Whether the system's limit of open files allows as many calls as the configuration does (Linux). */
export function checkLimits({ config }: Patient): Finding[] {
  const line = /^Max open files +(\S+)/m.exec(readLimits())?.[1];
  if (line === undefined) return [limit.ok('no limits to read on this system')];
  const files = line === 'unlimited' ? Infinity : Number(line);
  // RTP and RTCP of a leg, the same while it moves between processes, its share of the meeting's sockets, and what is open anyway.
  const needed = 256 + config.sip.maxCalls * 6;
  return files >= needed
    ? [limit.ok(`${files} open files are allowed, ${needed} suffice for ${config.sip.maxCalls} calls`)]
    : [
        limit.warning({
          found: `${files} open files are allowed, and ${config.sip.maxCalls} calls may need ${needed}`,
          why: 'callers are refused once they are used up',
          remedy: 'LimitNOFILE= in the service, or "ulimit -n"; or lower sip.maxCalls',
        }),
      ];
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return ''; // Not Linux.
  }
}

/** Which Opus passes its self-test. */
export function checkOpus(): Finding[] {
  try {
    const { codec, passedOver } = loadOpus();
    if (passedOver.length === 0) return [opus.ok(`${codec.version} (${codec.name})`)];
    return [
      opus.warning({
        found: `${codec.version} (${codec.name}); passed over: ${passedOver.join('; ')}`,
        why: 'the WASM build takes several times the processor time of the system’s libopus',
        remedy: 'install libopus (Debian: libopus0)',
      }),
    ];
  } catch (cause) {
    return [
      opus.error({
        found: messageOf(cause),
        why: 'no voice reaches a meeting without Opus',
        remedy: 'install libopus (Debian: libopus0), and reinstall the package: npm ci',
      }),
    ];
  }
}

/** Whether each file that the configuration names is there, and who may read the secret ones. */
export function checkConfigFiles({ config }: Patient): Finding[] {
  const found = namedFiles(config).flatMap((named) => {
    const problem = fileProblem(named);
    if (problem !== null)
      return [
        files.error({
          found: `${named.path}: ${problem}`,
          why: 'the connector would not start',
          remedy: `make the file readable for the user that runs the connector, or correct ${named.path}`,
        }),
      ];
    const mode = modeProblem(named);
    return mode === null
      ? []
      : [
          files.warning({
            found: `${named.path}: ${mode}`,
            why: 'it holds a secret',
            remedy: `chmod go= ${named.file}`,
          }),
        ];
  });
  return found.length > 0 ? found : [files.ok('all files that the configuration names can be read')];
}
