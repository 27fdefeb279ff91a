import { createHostFlow } from '../../../src/web/pages/host-flow.ts';
import { startPage } from '../../../src/web/pages/page.tsx';
import { createStubSession } from './stub-session.ts';

startPage('host', (tools) => createHostFlow(tools, (options) => createStubSession('host', options)));
