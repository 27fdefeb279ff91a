import { join } from 'node:path';

/** Where a connector keeps its ledger and the key that signs it, within dataDir. */
export const ledgerFile = (dataDir: string): string => join(dataDir, 'ledger.sqlite');
export const ledgerKeyFile = (dataDir: string): string => join(dataDir, 'ledger.pem');
