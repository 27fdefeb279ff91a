import koffi from 'koffi';
import { LatchkeyError } from '../base/errors.ts';

/**
 * A PKCS#11 module (OASIS PKCS #11 3.0) called through koffi. Names of functions, constants and structures are the
 * standard's; an unsigned long is 8 bytes, little-endian, on every system that we run on.
 */
type Fn = (...args: unknown[]) => number;

export interface Pkcs11Module {
  readonly initialize: Fn;
  readonly getSlotList: Fn;
  readonly getTokenInfo: Fn;
  readonly openSession: Fn;
  readonly closeSession: Fn;
  readonly login: Fn;
  readonly findInit: Fn;
  readonly find: Fn;
  readonly findFinal: Fn;
  readonly getAttribute: Fn;
  readonly generateKeyPair: Fn;
  readonly signInit: Fn;
  readonly sign: Fn;
}

/** @throws LatchkeyError `key-token` */
export function loadModule(path: string): Pkcs11Module {
  let lib: ReturnType<typeof koffi.load>;
  try {
    lib = koffi.load(path);
  } catch (error) {
    throw new LatchkeyError('key-token', `keys.token.module: ${path} cannot be loaded`, { cause: error });
  }
  const fn = (signature: string): Fn => {
    try {
      return lib.func(`unsigned long ${signature}`) as Fn;
    } catch (error) {
      throw new LatchkeyError('key-token', `keys.token.module: ${path} is no PKCS#11 module`, {
        cause: error,
      });
    }
  };
  const u = 'unsigned long';
  return {
    initialize: fn('C_Initialize(void*)'),
    getSlotList: fn('C_GetSlotList(uint8_t, void*, void*)'),
    getTokenInfo: fn(`C_GetTokenInfo(${u}, void*)`),
    openSession: fn(`C_OpenSession(${u}, ${u}, void*, void*, void*)`),
    closeSession: fn(`C_CloseSession(${u})`),
    login: fn(`C_Login(${u}, ${u}, void*, ${u})`),
    findInit: fn(`C_FindObjectsInit(${u}, void*, ${u})`),
    find: fn(`C_FindObjects(${u}, void*, ${u}, void*)`),
    findFinal: fn(`C_FindObjectsFinal(${u})`),
    getAttribute: fn(`C_GetAttributeValue(${u}, ${u}, void*, ${u})`),
    generateKeyPair: fn(`C_GenerateKeyPair(${u}, void*, void*, ${u}, void*, ${u}, void*, void*)`),
    signInit: fn(`C_SignInit(${u}, void*, ${u})`),
    sign: fn(`C_Sign(${u}, void*, ${u}, void*, void*)`),
  };
}

const returnNames: Readonly<Record<number, string>> = {
  0x30: 'CKR_DEVICE_ERROR',
  0x32: 'CKR_DEVICE_REMOVED',
  0x70: 'CKR_MECHANISM_INVALID, the token knows no Ed25519',
  0xa0: 'CKR_PIN_INCORRECT',
  0xa4: 'CKR_PIN_LOCKED',
  0xe0: 'CKR_TOKEN_NOT_PRESENT',
  0x101: 'CKR_USER_NOT_LOGGED_IN',
};

/** @throws LatchkeyError `key-token` on any CK_RV that is neither CKR_OK nor allowed */
export function check(rv: number, what: string, ...allowed: readonly number[]): void {
  if (rv === 0 || allowed.includes(rv)) return;
  throw new LatchkeyError('key-token', `${what}: ${returnNames[rv] ?? `CK_RV 0x${rv.toString(16)}`}`);
}

export const userAlreadyLoggedIn = 0x100;
export const alreadyInitialized = 0x191;

export const ulongBytes = 8;

export function ulong(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(ulongBytes);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Bytes with the memory that their pointers lead to: alive as long as this object is held. */
export interface Pointing {
  readonly bytes: Buffer;
  readonly memory: readonly Uint8Array[];
}

/** CK_ATTRIBUTE { type, pValue, ulValueLen }, one after the other. */
export function template(attributes: readonly Attribute[]): Pointing {
  const parts = attributes.map(({ type, value }) =>
    Buffer.concat([ulong(type), ulong(koffi.address(value)), ulong(value.length)]),
  );
  return { bytes: Buffer.concat(parts), memory: attributes.map(({ value }) => value) };
}

/** CK_MECHANISM without a parameter. */
export const mechanism = (type: number): Buffer => Buffer.concat([ulong(type), ulong(0), ulong(0)]);
