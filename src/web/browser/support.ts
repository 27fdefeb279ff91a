import type { Missing } from '../pages/reasons.ts';

/** What this browser lacks for an encrypted meeting; empty where nothing does. */
export async function missingFeatures(): Promise<readonly Missing[]> {
  // Without a secure context most of the rest is missing too, and naming it would point the wrong way.
  if (!isSecureContext) return ['secure-context'];
  const missing: Missing[] = [];
  const sender = (globalThis as { RTCRtpSender?: { prototype: object } }).RTCRtpSender;
  if (typeof RTCPeerConnection === 'undefined' || sender === undefined) missing.push('webrtc');
  else if (!('RTCRtpScriptTransform' in globalThis) && !('createEncodedStreams' in sender.prototype)) {
    missing.push('frame-encryption');
  }
  if (!('Worker' in globalThis)) missing.push('workers');
  if (!('mediaDevices' in navigator)) missing.push('microphone');
  if (!(await hasEd25519())) missing.push('ed25519');
  if (!(await hasStorage())) missing.push('storage');
  return missing;
}

async function hasEd25519(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
    return true;
  } catch {
    return false;
  }
}

function hasStorage(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const opening = indexedDB.open('latchkey-probe');
      opening.onsuccess = () => {
        opening.result.close();
        indexedDB.deleteDatabase('latchkey-probe');
        resolve(true);
      };
      opening.onerror = () => resolve(false);
    } catch {
      resolve(false);
    }
  });
}
