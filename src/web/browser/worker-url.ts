/** Starts our own workers under Trusted Types: only addresses below /assets/ of this origin become script URLs. */

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptUrlPolicy;
}

function assetUrl(address: string): string {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin || !url.pathname.startsWith('/assets/')) {
    throw new TypeError('workers come from our own assets only');
  }
  return url.href;
}

/** `createPolicy` may be called once only, so the policy is kept. Browsers without Trusted Types take the string. */
let policy: ScriptUrlPolicy | null = null;

export function startWorker(address: string): Worker {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  policy ??= trustedTypes?.createPolicy('latchkey', { createScriptURL: assetUrl }) ?? {
    createScriptURL: assetUrl,
  };
  return new Worker(policy.createScriptURL(address));
}
