import { createHostSession } from '../host/index.ts';
import { createHostFlow } from './host-flow.ts';
import { startPage } from './page.tsx';

startPage('host', (tools) => createHostFlow(tools, createHostSession));
