import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';

interface Instruction {
  readonly line: number;
  readonly name: string;
  readonly text: string;
}

/** What is wrong with a Dockerfile, each with its line; `root` is the build's context. */
export function dockerfileFaults(text: string, root: string): string[] {
  const linted = validate(text).map(
    ({ message, range }) =>
      `line ${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  );
  const all = instructions(text);
  const last = all.findLastIndex(({ name }) => name === 'FROM');
  const final = all.slice(last + 1);
  return [...linted, ...all.flatMap((i) => instructionFaults(i, root)), ...finalStageFaults(final)];
}

/** Lines that end in a backslash are one instruction; comments between them are none. */
function instructions(text: string): Instruction[] {
  const found: Instruction[] = [];
  let open: { line: number; parts: string[] } | null = null;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    open ??= { line: index + 1, parts: [] };
    open.parts.push(line.replace(/\\$/, '').trim());
    if (line.endsWith('\\')) continue;
    const whole = open.parts.join(' ');
    const [name = ''] = whole.split(/\s/);
    found.push({ line: open.line, name: name.toUpperCase(), text: whole.slice(name.length).trim() });
    open = null;
  }
  return found;
}

function instructionFaults({ name, text, line }: Instruction, root: string): string[] {
  const at = (fault: string): string[] => [`line ${line}: ${fault}`];
  if (name === 'ADD') return at('ADD fetches and unpacks: use COPY');
  if (name === 'FROM' && (!/[:@]/.test(text) || /:latest\b/.test(text))) return at(`${text}: no fixed tag`);
  if ((name === 'ENV' || name === 'ARG') && /secret|password|token|_key/i.test(text))
    return at(`${name} is in the image's history: no place for a secret`);
  if (name !== 'COPY' || text.includes('--from=')) return [];
  const sources = text.split(/\s+/).filter((word) => !word.startsWith('--'));
  return sources
    .slice(0, -1)
    .filter((source) => !existsSync(join(root, source)))
    .flatMap((source) => at(`COPY ${source}: there is no such file`));
}

function finalStageFaults(final: readonly Instruction[]): string[] {
  const of = (name: string): Instruction[] => final.filter((i) => i.name === name);
  const user = of('USER').at(-1)?.text ?? 'root';
  return [
    ...(/^[1-9]\d*(:[1-9]\d*)?$/.test(user) ? [] : [`the last stage runs as ${user}: name a user by number`]),
    ...of('RUN').map(({ line }) => `line ${line}: the last stage has no shell to RUN anything with`),
    ...(of('HEALTHCHECK').length === 1 ? [] : ['the last stage has no HEALTHCHECK']),
    ...[...of('CMD'), ...of('ENTRYPOINT')]
      .filter(({ text }) => !text.startsWith('['))
      .map(({ line, name }) => `line ${line}: ${name} needs a shell: write it as a list`),
  ];
}
