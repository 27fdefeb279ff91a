import type { Static } from 'typebox';
import type { meeting } from './meeting-schema.ts';
import type { bridge, call, ledgerTail, leg, quality, status, trunk } from './schemas.ts';

/**
 * What the API answers, for who fills it in and for who reads it: the listener, and the operators' page, which imports this file alone
 * of the folder. There is one account of it, the schemas that docs/openapi.json is made from.
 */
export type LegQuality = Readonly<Static<typeof quality>>;
export type LiveLeg = Readonly<Static<typeof leg>>;
export type LiveBridge = Readonly<Static<typeof bridge>>;
export type CallRecord = Readonly<Static<typeof call>>;
export type TrunkStatus = Readonly<Static<typeof trunk>>;
export type ConnectorStatus = Readonly<Static<typeof status>>;
export type LedgerEnd = Readonly<Static<typeof ledgerTail>>;
export type MeetingStatus = Readonly<Static<typeof meeting>>;
export type MeetingServing = Readonly<MeetingStatus['serving']>;
