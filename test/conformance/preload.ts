import { registerHooks } from 'node:module';

/** Puts our few lines in the place of the two packages that drachtio-srf's suite wants and its users do not have. */
const ours: Readonly<Record<string, string>> = {
  tape: new URL('./tape.ts', import.meta.url).href,
  config: new URL('./config.ts', import.meta.url).href,
};

registerHooks({
  resolve(specifier, context, nextResolve) {
    const url = ours[specifier];
    return url === undefined
      ? nextResolve(specifier, context)
      : { url, shortCircuit: true, format: 'module-typescript' };
  },
});
