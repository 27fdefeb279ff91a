import { createHostFlow } from '../../../src/web/pages/host-flow.ts';
import { startPage } from '../../../src/web/pages/page.tsx';
import { createStubHost } from './stub-session.ts';

startPage('host', (tools) => createHostFlow(tools, createStubHost));
