import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * One challenge or one set of credentials (RFC 7235 §2.1, RFC 3261 §25.1):
 *
 *   Digest realm="a", nonce="b", algorithm=SHA-256, …
 */
export type AuthParameters = ReadonlyMap<string, string>;

const longest = 8_192;
const mostGroups = 8;
const mostParameters = 24;
const scheme = /^([A-Za-z][A-Za-z0-9-]*)[ \t]+(?=[A-Za-z*-]+[ \t]*=)/;
const parameter = /^([A-Za-z][A-Za-z0-9*-]*)[ \t]*=[ \t]*(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^\s",;=]+))/;

/**
 * Every Digest challenge (or set of credentials) in a header, in order. Several header fields of one name may come
 * joined by commas, as drachtio-srf hands them over; a new scheme begins a new one. Names are in lower case.
 */
export function parseDigests(
  value: string,
): Result<readonly AuthParameters[], 'too-long' | 'malformed' | 'duplicate'> {
  if (value.length > longest) return refuse('too-long');
  const digests: AuthParameters[] = [];
  let rest = value.trim();
  let group: Map<string, string> | null = null;
  let groups = 0;
  while (rest !== '') {
    const opened = scheme.exec(rest);
    if (opened !== null) {
      groups += 1;
      if (groups > mostGroups) return refuse('too-long');
      group = new Map();
      if (opened[1]?.toLowerCase() === 'digest') digests.push(group);
      rest = rest.slice(opened[0].length);
    }
    const read = parameter.exec(rest);
    if (read === null || group === null) return refuse('malformed');
    const [all, name = '', quoted, token = ''] = read;
    const key = name.toLowerCase();
    if (group.has(key)) return refuse('duplicate');
    if (group.size >= mostParameters) return refuse('too-long');
    group.set(key, quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, '$1'));
    rest = rest.slice(all.length).trimStart();
    if (rest === '') break;
    if (!rest.startsWith(',')) return refuse('malformed');
    rest = rest.replace(/^[, \t]+/, '');
  }
  return ok(digests);
}

/** `tokens` are written bare, everything else as a quoted string. */
export function writeDigest(
  parameters: readonly (readonly [name: string, value: string])[],
  tokens: readonly string[],
): string {
  const written = parameters.map(([name, value]) =>
    tokens.includes(name) ? `${name}=${value}` : `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`,
  );
  return `Digest ${written.join(', ')}`;
}
