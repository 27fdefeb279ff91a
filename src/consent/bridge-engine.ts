import { Bridge } from './bridge.ts';
import type { BridgeEngine, BridgeEngineOptions } from './bridge-port.ts';

export type { BridgeEngine } from './bridge-port.ts';

export function createBridgeEngine(options: BridgeEngineOptions): BridgeEngine {
  return new Bridge(options);
}
