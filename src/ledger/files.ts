import { join } from 'node:path';

/** Where a connector keeps its ledger, within dataDir. */
export const ledgerFile = (dataDir: string): string => join(dataDir, 'ledger.sqlite');
