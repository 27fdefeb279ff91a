import type { CommandName } from './table.ts';

type Run = (args: readonly string[]) => Promise<number>;

/** Each command loads only what it needs: `ledger verify` starts no server code. What they are is in table.ts. */
export const commands: Readonly<Record<CommandName, Run>> = {
  start: async (args) => (await import('./start.ts')).startCommand(args),
  doctor: async (args) => (await import('./doctor.ts')).doctorCommand(args),
  config: async (args) => (await import('./config.ts')).configCommand(args),
  explain: async (args) => (await import('./explain.ts')).explainCommand(args),
  ledger: async (args) => (await import('./ledger.ts')).ledgerCommand([...args]),
  operator: async (args) => (await import('./operator.ts')).operatorCommand(args),
  keys: async (args) => (await import('./keys.ts')).keysCommand(args),
  'admin-key': async (args) => (await import('./admin-key.ts')).adminKeyCommand(args),
  meeting: async (args) => (await import('./meeting.ts')).meetingCommand(args),
  prompts: async (args) => (await import('./prompts.ts')).promptsCommand([...args]),
  completion: async (args) => (await import('./completion.ts')).completionCommand(args),
};

/** Null where there is no command of that name. */
export function commandNamed(name: string): Run | null {
  return Object.hasOwn(commands, name) ? commands[name as CommandName] : null;
}
