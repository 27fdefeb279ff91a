import { writeFileSync } from 'node:fs';
import { makeVectors } from '../support/consent-vectors.ts';

/** `node test/vectors/make.ts`: writes consent.json anew. A change of it is a change of the protocol. */
const path = new URL('consent.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(await makeVectors(), null, 2)}\n`);
