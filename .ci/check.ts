import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * `npm run check`: the scripts `check:…` beside each other, as many as there are cores, the longest first. What one says comes in
 * one piece at its end; all are run, whatever the others find.
 */
const names = ['lint', 'types', 'format', 'imports', 'unused'];

function run(name: string): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', `check:${name}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => said.push(part));
  return new Promise((resolve) => {
    child.once('error', (error) => said.push(Buffer.from(`${error.message}\n`)));
    child.once('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      if (code !== 0) console.error(`check:${name} failed`);
      resolve(code === 0);
    });
  });
}

const waiting = [...names];
const one = async (): Promise<boolean> => {
  let good = true;
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    good = (await run(name)) && good;
  }
  return good;
};
const results = await Promise.all(Array.from({ length: availableParallelism() }, one));
process.exitCode = results.every(Boolean) ? 0 : 1;
