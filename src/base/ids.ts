/** Branded identifiers: a leg id cannot be handed in where a meeting id is meant. */
export type Brand<T, B extends string> = T & { readonly __brand: B };

/** 128 random bits, base64url. Opaque: says nothing about the caller. */
export type LegId = Brand<string, 'LegId'>;
/** SHA-256 of the registration's exact bytes, base64url. */
export type MeetingId = Brand<string, 'MeetingId'>;
/** Rises by at least one at each change of the meeting key; never reused within an instance. */
export type KeyEpoch = Brand<number, 'KeyEpoch'>;
