/** The API key of this tab, so that a reload asks for it no second time. Gone with the tab; no other tab sees it. */
const name = 'latchkey-admin-key';

export function keptKey(): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keepKey(key: string): void {
  try {
    sessionStorage.setItem(name, key);
  } catch {
    // Storage may be barred: the key then lasts as long as the page.
  }
}

export function forgetKey(): void {
  try {
    sessionStorage.removeItem(name);
  } catch {
    // Nothing was kept.
  }
}
