/** Netstrings: `length:payload,`. How baresip's ctrl_tcp talks. */
export function writeNetstring(payload: string): string {
  return `${Buffer.byteLength(payload)}:${payload},`;
}

export function netstringReader(onPayload: (payload: string) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const colon = rest.indexOf(':');
      if (colon < 0) return;
      const length = Number(rest.subarray(0, colon).toString());
      if (rest.length < colon + 1 + length + 1) return;
      onPayload(rest.subarray(colon + 1, colon + 1 + length).toString());
      rest = rest.subarray(colon + 1 + length + 1);
    }
  };
}
