import { wipe } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import {
  alreadyInitialized,
  check,
  loadModule,
  mechanism,
  template,
  ulong,
  ulongBytes,
  userAlreadyLoggedIn,
  type Attribute,
  type Pkcs11Module,
} from './pkcs11.ts';
import { readSecretBytes } from './secret-file.ts';
import type { SigningKey } from './signing-key.ts';

export interface TokenAddress {
  /** Path of the PKCS#11 library. */
  readonly module: string;
  /** The token's own label. */
  readonly label: string;
  readonly pinFile: string;
}

/**
 * Ed25519 keys in a PKCS#11 token. Private keys are made in it and never come out. Calls are made in the calling thread,
 * because a checkpoint is signed between two lines of the ledger's writer.
 */
export interface Token {
  /** Null where the token has no key of that label. */
  find(label: string): SigningKey | null;
  generate(label: string): SigningKey;
  close(): void;
}

const serialSession = 0x4;
const rwSession = 0x2;
const userPin = 1;
const objectClass = { publicKey: 2, privateKey: 3 } as const;
const edwardsKey = 0x40;
const attribute = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const;
const edwardsKeyPair = 0x1055;
const eddsa = 0x1057;
/** CKA_EC_PARAMS (PKCS #11 3.0 §6.3.3): the curve as an object identifier (RFC 8410), or as a name; tokens know one of them. */
const curveNames: readonly Uint8Array[] = [
  Uint8Array.of(0x06, 0x03, 0x2b, 0x65, 0x70),
  Uint8Array.from([0x13, 0x0c, ...Buffer.from('edwards25519', 'latin1')]),
];
const signatureBytes = 64;
const maxSlots = 64;
const yes = Uint8Array.of(1);
const no = Uint8Array.of(0);

/** @throws LatchkeyError `key-token`, `key-secret` */
export function openToken({ module: path, label, pinFile }: TokenAddress): Token {
  const module = loadModule(path);
  check(module.initialize(null), 'C_Initialize', alreadyInitialized);
  const session = openSession(module, findSlot(module, label));
  login(module, session, pinFile);
  const store = new TokenSession(module, session);
  return {
    find: (name) => store.find(name),
    generate: (name) => store.generate(name),
    close: () => void module.closeSession(session),
  };
}

function findSlot(module: Pkcs11Module, wanted: string): bigint {
  const count = ulong(maxSlots);
  const slots = Buffer.alloc(maxSlots * ulongBytes);
  check(module.getSlotList(1, slots, count), 'C_GetSlotList');
  for (let i = 0; i < Number(count.readBigUInt64LE()); i++) {
    const slot = slots.readBigUInt64LE(i * ulongBytes);
    // CK_TOKEN_INFO begins with the label, 32 characters padded with spaces (§3.2).
    const info = Buffer.alloc(1_024);
    check(module.getTokenInfo(slot, info), 'C_GetTokenInfo');
    if (info.toString('utf8', 0, 32).trimEnd() === wanted) return slot;
  }
  throw new LatchkeyError('key-token', `keys.token.label: there is no token “${wanted}”`);
}

function openSession(module: Pkcs11Module, slot: bigint): bigint {
  const handle = ulong(0);
  check(module.openSession(slot, serialSession | rwSession, null, null, handle), 'C_OpenSession');
  return handle.readBigUInt64LE();
}

function login(module: Pkcs11Module, session: bigint, pinFile: string): void {
  const pin = readSecretBytes('keys.token.pinFile', pinFile);
  try {
    check(module.login(session, userPin, pin, pin.length), 'C_Login', userAlreadyLoggedIn);
  } finally {
    wipe(pin);
  }
}

class TokenSession {
  readonly #module: Pkcs11Module;
  readonly #session: bigint;

  constructor(module: Pkcs11Module, session: bigint) {
    this.#module = module;
    this.#session = session;
  }

  find(label: string): SigningKey | null {
    const privateKey = this.#object(objectClass.privateKey, label);
    if (privateKey === null) return null;
    const publicKey = this.#object(objectClass.publicKey, label);
    if (publicKey === null) {
      throw new LatchkeyError('key-token', `the token has “${label}” without its public half`);
    }
    return this.#key(privateKey, this.#point(publicKey));
  }

  generate(label: string): SigningKey {
    const handles = { public: ulong(0), private: ulong(0) };
    let rv = 0;
    for (const curve of curveNames) {
      rv = this.#generate(label, curve, handles);
      if (rv === 0) break;
    }
    check(rv, 'C_GenerateKeyPair');
    return this.#key(handles.private.readBigUInt64LE(), this.#point(handles.public.readBigUInt64LE()));
  }

  #generate(
    label: string,
    curve: Uint8Array,
    handles: { readonly public: Buffer; readonly private: Buffer },
  ): number {
    const name = Buffer.from(label, 'utf8');
    const both: readonly Attribute[] = [
      { type: attribute.token, value: yes },
      { type: attribute.keyType, value: ulong(edwardsKey) },
      { type: attribute.label, value: name },
      { type: attribute.id, value: name },
    ];
    const publicParts = template([
      ...both,
      { type: attribute.verify, value: yes },
      { type: attribute.ecParams, value: curve },
    ]);
    const privateParts = template([
      ...both,
      { type: attribute.private, value: yes },
      { type: attribute.sensitive, value: yes },
      { type: attribute.extractable, value: no },
      { type: attribute.sign, value: yes },
    ]);
    return this.#module.generateKeyPair(
      this.#session,
      mechanism(edwardsKeyPair),
      publicParts.bytes,
      publicParts.memory.length,
      privateParts.bytes,
      privateParts.memory.length,
      handles.public,
      handles.private,
    );
  }

  /** The one object of that class and label. */
  #object(kind: number, label: string): bigint | null {
    const wanted = template([
      { type: attribute.class, value: ulong(kind) },
      { type: attribute.label, value: Buffer.from(label, 'utf8') },
    ]);
    const found = Buffer.alloc(2 * ulongBytes);
    const count = ulong(0);
    check(this.#module.findInit(this.#session, wanted.bytes, wanted.memory.length), 'C_FindObjectsInit');
    try {
      check(this.#module.find(this.#session, found, 2, count), 'C_FindObjects');
    } finally {
      this.#module.findFinal(this.#session);
    }
    const n = Number(count.readBigUInt64LE());
    if (n > 1) throw new LatchkeyError('key-token', `the token has more than one object “${label}”`);
    return n === 1 ? found.readBigUInt64LE() : null;
  }

  /** CKA_EC_POINT: the 32 bytes of the public key, in most tokens as a DER OCTET STRING. */
  #point(publicKey: bigint): Uint8Array<ArrayBuffer> {
    const room = Buffer.alloc(128);
    const wanted = template([{ type: attribute.ecPoint, value: room }]);
    check(this.#module.getAttribute(this.#session, publicKey, wanted.bytes, 1), 'C_GetAttributeValue');
    const length = Number(wanted.bytes.readBigUInt64LE(2 * ulongBytes));
    const isDer = length === 34 && room[0] === 0x04 && room[1] === 0x20;
    if (!isDer && length !== 32)
      throw new LatchkeyError('key-token', 'a public key in the token is not Ed25519');
    return Uint8Array.from(room.subarray(isDer ? 2 : 0, length));
  }

  /** A token that fails, or is gone, signs nothing: the ledger fails with it and every gate closes. */
  #key(privateKey: bigint, publicKey: Uint8Array<ArrayBuffer>): SigningKey {
    const [module, session] = [this.#module, this.#session];
    return {
      publicKey,
      sign(bytes) {
        check(module.signInit(session, mechanism(eddsa), privateKey), 'C_SignInit');
        const signature = new Uint8Array(signatureBytes);
        const length = ulong(signatureBytes);
        check(module.sign(session, bytes, bytes.length, signature, length), 'C_Sign');
        if (Number(length.readBigUInt64LE()) !== signatureBytes) {
          throw new LatchkeyError('key-token', 'C_Sign: the token made no Ed25519 signature');
        }
        return signature;
      },
    };
  }
}
