import { parseAddressRange } from '../../base/address-range.ts';

/** Whether the server speaks to an address. Everybody else gets no answer at all, so that a scan finds nothing here. */
export type SourceScreen = (address: string) => boolean;

/** `answered`: addresses and CIDR ranges; null: everybody is answered. */
export function createSourceScreen(answered: readonly string[] | null): SourceScreen {
  if (answered === null) return () => true;
  const ranges = answered.map(parseAddressRange).filter((range) => range.ok);
  return (address) => ranges.some(({ value }) => value.contains(address));
}
