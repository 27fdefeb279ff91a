import { isSecretKey } from './faults.ts';

/** The same tree for screens and interfaces: what stands under a secret's key, or as a password in a URL, is masked. */
export function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item));
  if (typeof value === 'string') return value.replace(/(:\/\/[^/?#@:]*):[^/?#@]*@/, '$1:[secret]@');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      isSecretKey(key) && (typeof child === 'string' || typeof child === 'number')
        ? '[secret]'
        : masked(child),
    ]),
  );
}
