import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { addressOf, network } from './network.ts';

/**
 * Stands in for `docker run --rm --net N -v DIR:/tmp/scenarios [--name IP] drachtio/sipp sipp …`, which is how the suite
 * starts sipp: the same sipp, on an address of its own on loopback.
 */
const args = process.argv.slice(2);
const image = args.indexOf('drachtio/sipp');
const valueOf = (option: string): string | undefined => {
  const at = args.slice(0, image).indexOf(option);
  return at < 0 ? undefined : args[at + 1];
};
const scenarios = (valueOf('-v') ?? '').split(':')[0] ?? '';
const address =
  addressOf(valueOf('--name') ?? '') ?? valueOf('--name') ?? `${network}.${randomInt(100, 250)}`;
const sippArgs = args.slice(image + 2).map((arg) => arg.replace('/tmp/scenarios', scenarios));
const child = spawn('sipp', ['-i', address, '-mi', address, '-p', '5060', ...sippArgs], { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
child.on('error', () => process.exit(127));
child.on('exit', (code) => process.exit(code ?? 1));
