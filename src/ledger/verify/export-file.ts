import { closeSync, openSync, readSync } from 'node:fs';
import { exportSource } from './export-source.ts';
import { UnreadableLog, type LogSource } from './source.ts';

export function exportFileSource(file: string): LogSource {
  const fd = openSync(file, 'r');
  return exportSource(
    () => linesOf(fd),
    () => closeSync(fd),
  );
}

function* linesOf(fd: number): Generator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const chunk = new Uint8Array(1 << 16);
  let held = '';
  for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) {
    held += decode(decoder, chunk.subarray(0, length));
    const lines = held.split('\n');
    held = lines.pop() ?? '';
    if (held.length > 1 << 20)
      throw new UnreadableLog('a line of the export is longer than any record', 'too-long');
    yield* lines;
  }
  if (held !== '') yield held;
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch {
    throw new UnreadableLog('the export is not UTF-8', 'not-text');
  }
}
