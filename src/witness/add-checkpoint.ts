/**
 * The `add-checkpoint` call of a C2SP tlog-witness: what is posted, and what its answers mean.
 *
 *   POST <url>/add-checkpoint
 *
 *   old 4096
 *   <consistency proof, one base64 hash a line, none where old is 0>
 *
 *   <checkpoint: the signed note>
 *
 *   200  one or more signature lines of the witness
 *   409  the size that the witness has cosigned last, as text/x.tlog.size
 */
export interface Submission {
  readonly old: number;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export function submissionBody({ old, path, checkpoint }: Submission): string {
  const lines = path.map((node) => `${Buffer.from(node).toString('base64')}\n`);
  return `old ${String(old)}\n${lines.join('')}\n${checkpoint}`;
}

export interface Response {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type Answer =
  /** Signature lines, not yet checked by anybody. */
  | { readonly kind: 'cosigned'; readonly lines: string }
  | { readonly kind: 'other-size'; readonly size: number }
  | { readonly kind: 'refused'; readonly reason: string };

const maxLines = 16;
const line = /^— [^ +\n]+ [A-Za-z0-9+/]+={0,2}$/;

export function readAnswer({ status, contentType, body }: Response): Answer {
  if (status === 200) {
    const lines = body.endsWith('\n') ? body.slice(0, -1).split('\n') : [];
    const whole = lines.length > 0 && lines.length <= maxLines && lines.every((text) => line.test(text));
    return whole ? { kind: 'cosigned', lines: body } : { kind: 'refused', reason: 'witness-answer' };
  }
  const [, size] = /^(0|[1-9][0-9]{0,14})\n$/.exec(body) ?? [];
  if (status === 409 && contentType.startsWith('text/x.tlog.size') && size !== undefined)
    return { kind: 'other-size', size: Number(size) };
  return { kind: 'refused', reason: `witness-status-${String(status)}` };
}
