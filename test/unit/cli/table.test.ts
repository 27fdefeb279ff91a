import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LatchkeyError } from '../../../src/base/errors.ts';
import { helpText } from '../../../src/cli/all-help.ts';
import { commands } from '../../../src/cli/commands.ts';
import { completionCommand } from '../../../src/cli/completion.ts';
import { commandPaths, commandTable, entryOf, helpTail } from '../../../src/cli/table.ts';

const root = join(import.meta.dirname, '../../..');
const paths = commandPaths();
const optionsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/(?<![\w-])--([a-z][a-z0-9-]*)/g)].map(([, name]) => name!));
/** Without what a help text quotes of other commands. */
const own = (text: string): string => text.replace(/"latchkey [^"]*"/g, '');

/** As a shell splits a line: words, quotes, and what a redirection takes away. */
const wordsOf = (line: string): string[] =>
  (line.replace(/ > .*$/, '').match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ''));

describe.each(paths.map((path) => [path.join(' '), path] as const))('latchkey %s', (name, path) => {
  const entry = entryOf(path)!;

  it('has a help text with usage, every option, examples and exit codes, and no other option', async () => {
    const text = await helpText(path);
    expect(text.split('\n')[0]).toMatch(new RegExp(`^latchkey ${name}: `));
    expect(text).toContain(`Usage: latchkey ${name}`);
    expect(text.trimEnd().endsWith(helpTail(name).trimEnd())).toBe(true);
    expect(entry.examples.length).toBeGreaterThan(0);
    expect(entry.exits[0]).toBeDefined();
    const known = new Set([...Object.keys(entry.options), 'help']);
    const children = Object.values(entry.subcommands ?? {}).flatMap((child) => Object.keys(child.options));
    const shown = optionsIn(own(text));
    expect([...known].filter((option) => option !== 'help' && !shown.has(option))).toEqual([]);
    expect([...shown].filter((option) => !known.has(option) && !children.includes(option))).toEqual([]);
  });

  it('takes every option of the table, and refuses one that is not in it', async () => {
    if (entry.subcommands !== undefined) return;
    const [command, ...rest] = path as [keyof typeof commands, ...string[]];
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      for (const [option, value] of Object.entries(entry.options)) {
        const given = value === null ? [`--${option}`] : [`--${option}`, 'value'];
        expect(await commands[command]([...rest, ...given, '--help']), option).toBe(0);
      }
      const wrong = commands[command]([...rest, '--no-such-option']);
      await expect(wrong).rejects.toThrow(LatchkeyError);
      await expect(wrong).rejects.toMatchObject({ code: 'usage' });
    } finally {
      write.mockRestore();
    }
  });

  it.each(entry.examples.map((line) => [line]))('example: %s', (line) => {
    const [program, ...words] = wordsOf(line);
    expect(program).toBe('latchkey');
    let depth = 0;
    while (entryOf(words.slice(0, depth + 1)) !== null && depth < words.length) depth += 1;
    const of = entryOf(words.slice(0, depth))!;
    expect(of.subcommands).toBeUndefined();
    const rest = words.slice(depth);
    for (let i = 0; i < rest.length; i++) {
      const word = rest[i]!;
      if (!word.startsWith('--')) {
        expect(of.words, word).toContain(word);
        continue;
      }
      const value = of.options[word.slice(2)];
      expect(value, word).not.toBeUndefined();
      if (value == null) continue;
      i += 1;
      expect(rest[i], word).toBeDefined();
      if (Array.isArray(value)) expect(value).toContain(rest[i]);
    }
  });
});

it('every command of the table runs, and every command that runs is in the table', () => {
  expect(Object.keys(commands)).toEqual(Object.keys(commandTable));
});

it('docs/commands.md is what "latchkey help --all" prints', () => {
  const printed = execFileSync(process.execPath, [join(root, 'src/main.ts'), 'help', '--all'], {
    encoding: 'utf8',
  });
  expect(printed).toBe(readFileSync(join(root, 'docs/commands.md'), 'utf8'));
});

it('a command that is misspelt is answered with the one that was meant', () => {
  const main = join(root, 'src/main.ts');
  const run = () => execFileSync(process.execPath, [main, 'docter'], { encoding: 'utf8', stdio: 'pipe' });
  expect(run).toThrow(/did you mean “doctor”\?/);
});

async function script(shell: string): Promise<string> {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  await completionCommand([shell]);
  write.mockRestore();
  return text;
}

describe('completion', () => {
  /** What bash would offer behind these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const text = await script('bash');
    const line = ['latchkey', ...words].map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _latchkey; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['--norc', '-c', `${text}\n${ask}`], { encoding: 'utf8', cwd: root });
    return out.split('\n').filter((word) => word !== '');
  }

  it('offers commands, commands below them, words, options and their values', async () => {
    expect(await offered('')).toEqual([...Object.keys(commandTable), 'help', '--help']);
    expect(await offered('le')).toEqual(['ledger']);
    expect(await offered('ledger', 're')).toEqual(['restore']);
    expect(await offered('ledger', 'export', '--f')).toEqual(['--format', '--file']);
    expect(await offered('ledger', 'export', '--format', '')).toEqual(['jsonl', 'csv', 'record', 'vcon']);
    expect(await offered('keys', 'se')).toEqual(['seal']);
    expect(await offered('explain', '--transport', 't')).toEqual(['tcp', 'tls']);
    expect(await offered('start', '--config', 'packag')).toEqual(
      expect.arrayContaining(['package.json', 'package-lock.json']),
    );
    expect(await offered('explain', '--from', '')).toEqual([]);
  });

  it.each(['zsh', 'fish'])('the script for %s is one that the shell itself takes', async (shell) => {
    const text = await script(shell);
    for (const path of paths) for (const word of path) expect(text).toContain(word);
    const program = `/usr/bin/${shell}`;
    if (!existsSync(program)) return; // Parsed where the shell is installed; the words above are checked everywhere.
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-completion-'));
    try {
      writeFileSync(join(folder, 'script'), text);
      execFileSync(program, ['-n', join(folder, 'script')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
