/** What every page's tables of words are held to, whatever language they are in. */

type Tree = Readonly<Record<string, unknown>>;
export type Sentence = (...args: readonly unknown[]) => unknown;

/** Every leaf by its path, functions and arrays included. */
export function leaves(tree: object, path = ''): readonly (readonly [path: string, leaf: unknown])[] {
  return Object.entries(tree as Tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, `${path}.${key}`)
      : [[`${path}.${key}`, value] as const],
  );
}

/** Numbers that no sentence has of its own, as arguments; which of them come out again, in any order. */
export const markers = [7411, 7422, 7433] as const;
export function placeholders(sentence: Sentence, args: readonly unknown[]): readonly number[] {
  const said = JSON.stringify(sentence(...args)).replace(/[.,\s\u00a0\u202f](?=\d{3})/g, '');
  return markers.filter((_, i) => said.includes(String(args[i])));
}
