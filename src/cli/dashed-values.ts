import type { ParseArgsOptionsConfig } from 'node:util';

/**
 * Ids, keys and thumbprints are base64url, and one in 64 of them begins with a dash, which parseArgs takes for an option. A value
 * behind an option that needs one is joined to it, unless it is itself an option of this command.
 */
export function joinDashedValues(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const next = args[i + 1];
    const needsValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    if (needsValue && next?.startsWith('-') === true && !isOption(next, options)) {
      joined.push(`${arg}=${next}`);
      i += 1;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

function isOption(arg: string, options: ParseArgsOptionsConfig): boolean {
  const [name = ''] = arg.replace(/^--/, '').split('=');
  if (arg.startsWith('--')) return arg === '--' || options[name] !== undefined;
  return Object.values(options).some(({ short }) => arg === `-${short ?? ''}`);
}
