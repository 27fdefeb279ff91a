/** Who calls and who is called, as the headers state it. Weak identity; the user part may be a phone number. */
export interface Party {
  readonly user: string;
  readonly displayName: string;
}

const longest = 128;

/** From a From or To that the SIP server has checked: `"Name" <sip:user@host>;tag=…`, or a `tel:` URI. */
export function partyOf(header: { readonly name?: string | undefined; readonly uri: string }): Party {
  return { user: userOf(header.uri), displayName: unquoted(header.name ?? '').slice(0, longest) };
}

export function userOf(uri: string): string {
  const sip = /^sips?:([^@]*)@/i.exec(uri);
  const tel = /^tel:([^;]*)/i.exec(uri);
  // A user part may carry parameters (`;phone-context=…`) and a password.
  const raw = (sip?.[1] ?? tel?.[1] ?? '').split(/[;:]/)[0] ?? '';
  return unescaped(raw).slice(0, longest);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unquoted(name: string): string {
  const trimmed = name.trim();
  if (!trimmed.startsWith('"') || !trimmed.endsWith('"') || trimmed.length < 2) return trimmed;
  return trimmed.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}
