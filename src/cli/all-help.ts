import { commandNamed } from './commands.ts';
import { commandPaths } from './table.ts';

/** Every help text as one Markdown page: docs/commands.md. */
export async function allHelp(usage: string): Promise<string> {
  const parts = [
    '# Commands',
    'Made by `latchkey help --all > docs/commands.md`; a test compares. In a checkout `latchkey` is `npx latchkey`.',
    block(usage),
  ];
  for (const path of commandPaths()) parts.push(`## ${path.join(' ')}`, block(await helpText(path)));
  return `${parts.join('\n\n')}\n`;
}

const block = (text: string): string => `\`\`\`\n${text.trim()}\n\`\`\``;

/** What the command prints when it is asked for its help. */
export async function helpText([name = '', ...rest]: readonly string[]): Promise<string> {
  let text = '';
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  try {
    await commandNamed(name)?.([...rest, '--help']);
  } finally {
    process.stdout.write = write;
  }
  return text;
}
