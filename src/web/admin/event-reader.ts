/** One server-sent event (WHATWG HTML §9.2.6); ids and retry times are not used here. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** More than this without an end is no event of ours. */
const longest = 8 * 1024 * 1024;

/** Reads events from pieces as they come, cut anywhere. */
export function eventReader(): (piece: string) => readonly StreamEvent[] {
  let rest = '';
  return (piece) => {
    rest += piece;
    if (rest.length > longest) throw new RangeError('an event without end');
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const lines = block.split('\n');
      const data = valuesOf(lines, 'data').join('\n');
      return data === '' ? [] : [{ event: valuesOf(lines, 'event').at(-1) ?? 'message', data }];
    });
  };
}

const valuesOf = (lines: readonly string[], field: string): string[] =>
  lines
    .filter((line) => line.startsWith(`${field}:`))
    .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
