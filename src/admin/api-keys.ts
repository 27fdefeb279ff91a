import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { fileState } from '../base/file-state.ts';
import { writeDurably } from '../keys/durable-file.ts';
import type { Principal, Role } from './role.ts';

/**
 * API keys of the admin listener: `lk.<id>.<secret>`, both base64url of random bytes (16 and 32). The file has the hash of the
 * secret alone. A plain SHA-256 is enough for it: nobody guesses 256 random bits, so there is nothing to slow down.
 */
const keysSchema = Type.Object(
  {
    v: Type.Literal(1),
    keys: Type.Array(
      Type.Object(
        {
          id: Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' }),
          role: Type.Union([Type.Literal('reader'), Type.Literal('auditor'), Type.Literal('operator')]),
          hash: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
          /** What people call it. */
          name: Type.String({ maxLength: 64 }),
          /** Milliseconds since 1970; `until`: 0 for no end. */
          createdAt: Type.Integer({ minimum: 0 }),
          until: Type.Integer({ minimum: 0 }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1_000 },
    ),
  },
  { additionalProperties: false },
);

export type StoredKey = Static<typeof keysSchema>['keys'][number];

const keyText = /^lk\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/** Whether it could be one of ours, rather than a token of somebody else. */
export const looksLikeKey = (text: string): boolean => text.startsWith('lk.');

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** A file that is not there has no keys. @throws LatchkeyError `admin-keys` where it is none of ours */
export function readKeys(file: string): readonly StoredKey[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new LatchkeyError('admin-keys', `${file} cannot be read`, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (Value.Check(keysSchema, value)) return value.keys;
  } catch {
    // Said below.
  }
  throw new LatchkeyError('admin-keys', `${file} is no list of API keys`);
}

/** Whole or not at all, mode 0600. */
export function writeKeys(file: string, keys: readonly StoredKey[]): void {
  writeDurably(file, `${JSON.stringify({ v: 1, keys }, null, 2)}\n`);
}

/** A key, told once, and what is kept of it. */
export function newKey(about: {
  readonly role: Role;
  readonly name: string;
  readonly nowMs: number;
  readonly until: number;
}): { readonly text: string; readonly stored: StoredKey } {
  const id = randomBytes(16).toString('base64url');
  const secret = randomBytes(32).toString('base64url');
  const { role, name, nowMs, until } = about;
  const hash = hashOf(secret).toString('base64url');
  return { text: `lk.${id}.${secret}`, stored: { id, role, hash, name, createdAt: nowMs, until } };
}

export interface KeyBook {
  /** Null: no key of this file, or one that has ended. */
  check(text: string): Principal | null;
}

/** Looked at again at most so often: a key that is revoked ends within it. */
const rereadMs = 1_000;

/** The keys of a file, read again when it has changed. A file that cannot be used has no keys. */
export function openKeyBook(file: string, clock: Clock, onFault: (reason: string) => void): KeyBook {
  let keys: ReadonlyMap<string, StoredKey> = new Map();
  let seen = '';
  let lookedMs = -Infinity;
  const look = (): void => {
    const now = clock.monoMs();
    if (now - lookedMs < rereadMs) return;
    lookedMs = now;
    const state = fileState(file);
    if (state === seen) return;
    seen = state;
    try {
      keys = new Map(readKeys(file).map((key) => [key.id, key]));
    } catch (error) {
      keys = new Map();
      onFault(error instanceof Error ? error.message : 'unknown');
    }
  };
  return {
    check(text) {
      const parts = keyText.exec(text);
      if (parts === null) return null;
      look();
      const stored = keys.get(parts[1] ?? '');
      // The same work whether the id is known or not.
      const hash = Buffer.from(stored?.hash ?? 'A'.repeat(43), 'base64url');
      const right = timingSafeEqual(hash, hashOf(parts[2] ?? ''));
      if (stored === undefined || !right) return null;
      if (stored.until !== 0 && clock.wallMs() >= stored.until) return null;
      return { kind: 'key', id: stored.id, role: stored.role };
    },
  };
}
