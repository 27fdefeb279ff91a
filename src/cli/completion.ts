import { LatchkeyError } from '../base/errors.ts';
import { parseCommandLine } from './command-line.ts';
import { commandPaths, commandTable, entryOf, helpTail, type CommandEntry } from './table.ts';

const help = `latchkey completion: the completion script of a shell, on standard output

Usage: latchkey completion bash|zsh|fish

  -h, --help   this text

Commands, their options, and what stands behind an option: files, folders, or one of the words that it takes. The script
is made of the same table as the help texts, and starts no Latchkey while you type.
${helpTail('completion')}`;

export function completionCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args,
    { help: { type: 'boolean', short: 'h', default: false } },
    { names: true },
  );
  const [shell, ...more] = positionals;
  if (values.help || shell === undefined) {
    process.stdout.write(help);
    return Promise.resolve(values.help ? 0 : 2);
  }
  const scripts = { bash, zsh, fish };
  if (more.length > 0 || !Object.hasOwn(scripts, shell))
    throw new LatchkeyError(
      'usage',
      `there are scripts for bash, zsh and fish, and “${positionals.join(' ')}” is none`,
    );
  process.stdout.write(scripts[shell as keyof typeof scripts]());
  return Promise.resolve(0);
}

/** A command's words in the order that they are offered: commands below it, words, options. */
function words(entry: CommandEntry): string[] {
  return [
    ...Object.keys(entry.subcommands ?? {}),
    ...(entry.words ?? []),
    ...Object.keys(entry.options).map((name) => `--${name}`),
    '--help',
  ];
}

interface Level {
  readonly path: string;
  readonly entry: CommandEntry;
}

const levels = (): Level[] =>
  commandPaths().flatMap((path) => {
    const entry = entryOf(path);
    return entry === null ? [] : [{ path: path.join(' '), entry }];
  });

/** Of each command: what stands behind its options. */
function bashValues({ path, entry }: Level): string[] {
  return Object.entries(entry.options).flatMap(([name, value]) => {
    if (value === null) return [];
    const key = `'${path}/--${name}'`;
    if (value === 'FILE') return [`    ${key}) _latchkey_files -f; return ;;`];
    if (value === 'DIR') return [`    ${key}) _latchkey_files -d; return ;;`];
    return 'text' in value
      ? [`    ${key}) return ;;`]
      : [`    ${key}) COMPREPLY=($(compgen -W '${value.join(' ')}' -- "$word")); return ;;`];
  });
}

/** The command so far is told by its first words; bash 3.2 and newer. */
function bash(): string {
  const all = levels();
  const nested = all.filter(({ entry }) => entry.subcommands !== undefined).map(({ path }) => `'${path}'`);
  return `# bash completion of latchkey; made by "latchkey completion bash"
_latchkey_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$word"))
}

_latchkey() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} path=''
  COMPREPLY=()
  if ((COMP_CWORD > 1)); then path=\${COMP_WORDS[1]}; fi
  case $path in
    ${nested.join('|')})
      if ((COMP_CWORD > 2)) && [[ \${COMP_WORDS[2]} != -* ]]; then path="$path \${COMP_WORDS[2]}"; fi ;;
  esac
  case "$path/$before" in
${all.flatMap((level) => bashValues(level)).join('\n')}
  esac
  local offered=''
  case $path in
    '') offered='${[...Object.keys(commandTable), 'help', '--help'].join(' ')}' ;;
${all.map(({ path, entry }) => `    '${path}') offered='${words(entry).join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$offered" -- "$word"))
}

complete -F _latchkey latchkey
`;
}

/** zsh's own text for a summary: colons and quotes have a meaning there. */
const zshText = (text: string): string =>
  text
    .replace(/'/g, '’')
    .replace(/: /g, ', ')
    .replace(/[:[\]]/g, ' ');

function zshOption([name, value]: readonly [string, CommandEntry['options'][string]]): string {
  if (value === null) return `'*--${name}'`;
  if (value === 'FILE') return `'*--${name}=:file:_files'`;
  if (value === 'DIR') return `'*--${name}=:folder:_files -/'`;
  return 'text' in value
    ? `'*--${name}=:${zshText(value.text)}:'`
    : `'*--${name}=:${name}:(${value.join(' ')})'`;
}

function zshLevel({ path, entry }: Level): string {
  const children = [...Object.entries(entry.subcommands ?? {})].map(
    ([name, { summary }]) => `'${name}:${zshText(summary)}'`,
  );
  const options = Object.entries(entry.options).map((option) => zshOption(option));
  const first =
    children.length > 0
      ? [`'1:command:((${children.map((c) => c.replaceAll("'", '"')).join(' ')}))'`]
      : entry.words === undefined
        ? []
        : [`'1:word:(${entry.words.join(' ')})'`];
  const specs = [...first, ...options, `'--help[this text]'`];
  return `    '${path}') _arguments -A '-*' ${specs.join(' ')} ;;`;
}

function zsh(): string {
  const all = levels();
  const nested = all.filter(({ entry }) => entry.subcommands !== undefined).map(({ path }) => `'${path}'`);
  const commands = Object.entries(commandTable).map(
    ([name, { summary }]) => `      '${name}:${zshText(summary)}'`,
  );
  return `#compdef latchkey
# zsh completion of latchkey; made by "latchkey completion zsh"
_latchkey() {
  if ((CURRENT == 2)); then
    local -a commands=(
${commands.join('\n')}
      'help:explain a command'
    )
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  ((CURRENT--))
  case $command in
    ${nested.join('|')})
      if ((CURRENT > 2)) && [[ $words[2] != -* ]]; then
        command="$command $words[2]"
        shift words
        ((CURRENT--))
      fi ;;
  esac
  case $command in
${all.map((level) => zshLevel(level)).join('\n')}
  esac
}

_latchkey "$@"
`;
}

const fishText = (text: string): string => `'${text.replace(/'/g, '’')}'`;

function fishLevel({ path, entry }: Level): string[] {
  const [command = '', child] = path.split(' ');
  const seen = child === undefined ? '' : `; and __fish_seen_subcommand_from ${child}`;
  const here = `complete -c latchkey -n '__fish_seen_subcommand_from ${command}${seen}'`;
  const below = [...Object.keys(entry.subcommands ?? {}), ...(entry.words ?? [])];
  const lines = below.map((word) => {
    const about = entry.subcommands?.[word]?.summary;
    const fresh = `complete -c latchkey -n '__fish_seen_subcommand_from ${command}; and not __fish_seen_subcommand_from ${below.join(' ')}'`;
    return `${fresh} -f -a ${word}${about === undefined ? '' : ` -d ${fishText(about)}`}`;
  });
  for (const [name, value] of Object.entries(entry.options)) {
    if (value === null) lines.push(`${here} -l ${name}`);
    else if (value === 'FILE') lines.push(`${here} -l ${name} -r -F`);
    else if (value === 'DIR') lines.push(`${here} -l ${name} -x -a '(__fish_complete_directories)'`);
    else if ('text' in value) lines.push(`${here} -l ${name} -x`);
    else lines.push(`${here} -l ${name} -x -a '${value.join(' ')}'`);
  }
  return lines;
}

function fish(): string {
  const top = Object.entries(commandTable).map(
    ([name, { summary }]) =>
      `complete -c latchkey -n __fish_use_subcommand -f -a ${name} -d ${fishText(summary)}`,
  );
  return `# fish completion of latchkey; made by "latchkey completion fish"
complete -c latchkey -f -l help -s h
${[...top, ...levels().flatMap((level) => fishLevel(level))].join('\n')}
`;
}
