import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildBundle } from '../../src/http/bundle.ts';
import { contentSecurityPolicy } from '../../src/http/headers.ts';
import { appShell, landingPage } from '../../src/http/shell.ts';

/** Serves the pages' gallery on loopback, behind the same shell and the same Content-Security-Policy as the real pages. */
export interface GalleryServer {
  readonly url: string;
  close(): Promise<void>;
}

export function serveGallery(): Promise<GalleryServer> {
  return servePage('gallery', 'gallery/gallery.tsx', []);
}

/** A script, by its path under src/web, as a page at /`name` that may connect to `origins`. */
export async function servePage(
  name: string,
  path: string,
  origins: readonly string[],
): Promise<GalleryServer> {
  const built = await buildBundle({ [name]: path });
  const script = built.entries.get(name)!;
  const shell = appShell(
    { ...built, entries: new Map([...built.entries, ['host', script]]) },
    { entry: 'host', title: `${name} · Latchkey`, language: 'en' },
  );
  const html: Readonly<Record<string, string>> = { '/': landingPage(built, 'de'), [`/${name}`]: shell };
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]!;
    const asset = built.assets.get(path.replace('/assets/', ''));
    const page = html[path];
    if (asset !== undefined) {
      response.writeHead(200, { 'content-type': asset.type }).end(asset.body);
    } else if (page !== undefined) {
      response
        .writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': contentSecurityPolicy(origins),
        })
        .end(page);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
