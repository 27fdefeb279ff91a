import { isIP } from 'node:net';

/**
 * Whether a Host header names this listener. A page of another site can make a browser resolve its own name to our address
 * (DNS rebinding); its name then stands here, and it gets no answer.
 */
export function allowsHost(
  header: string | undefined,
  { host, hostNames }: { readonly host: string; readonly hostNames: readonly string[] },
): boolean {
  if (header === undefined) return true;
  const name = /^\[([^\]]*)\](?::\d+)?$|^([^:]*)(?::\d+)?$/.exec(header);
  const bare = (name?.[1] ?? name?.[2] ?? '').toLowerCase();
  if (bare === '') return false;
  return isIP(bare) !== 0 || bare === 'localhost' || bare === host || hostNames.includes(bare);
}
