import type { FastifyInstance } from 'fastify';
import { buildBundle, packedAssets, readBundle, type Bundle } from '../http/bundle.ts';
import { operatorPage } from '../http/shell.ts';

/** Nothing inline, nothing from elsewhere, no framing, no forms: it talks to this listener alone. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The operator page. It holds nothing: what it shows it asks the API for, with the key that its reader types. */
export function addOperatorPage(app: FastifyInstance): void {
  let bundle: Promise<Bundle> | null = null;
  // Bundled when somebody looks: most starts of a connector are looked at by nobody.
  const bundled = (): Promise<Bundle> =>
    (bundle ??= packedAssets === null ? buildBundle() : readBundle(packedAssets));
  app.get('/', async (_request, reply) =>
    reply
      .header('content-security-policy', policy)
      .type('text/html; charset=utf-8')
      .send(operatorPage(await bundled())),
  );
  app.get<{ Params: { file: string } }>('/assets/:file', async (request, reply) => {
    const asset = (await bundled()).assets.get(request.params.file);
    if (asset === undefined) return reply.deny('not-found');
    const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    void reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('vary', 'accept-encoding')
      .header('content-security-policy', "default-src 'none'")
      .type(asset.type);
    return zipped ? reply.header('content-encoding', 'gzip').send(asset.gzip) : reply.send(asset.body);
  });
}
