import { render } from 'preact';
import { startWorker } from '../browser/worker-url.ts';
import { createWorkerClock } from '../adapters/browser.ts';
import { App } from './app.tsx';
import { createController } from './controller.ts';
import type { Flow, FlowTools } from './flow.ts';
import type { Role } from './view.ts';

/** Starts a live page in the document that src/http/shell.ts wrote. */
export function startPage(role: Role, createFlow: (tools: FlowTools) => Flow): void {
  const root = document.getElementById('app');
  const { frameWorker, clockWorker } = document.body.dataset;
  if (root === null || frameWorker === undefined || clockWorker === undefined) {
    throw new Error('this document is not one of our pages');
  }
  const clock = createWorkerClock(startWorker(clockWorker));
  const controller = createController({ role, clock, frameWorkerUrl: frameWorker, document, createFlow });
  root.replaceChildren();
  render(<App controller={controller} />, root);
}
