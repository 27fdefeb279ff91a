import { createMemberFlow } from '../../../src/web/pages/member-flow.ts';
import { startPage } from '../../../src/web/pages/page.tsx';
import { createStubCoHost } from './stub-session.ts';

startPage('member', (tools) =>
  createMemberFlow(tools, { member: createStubCoHost, coHost: createStubCoHost }),
);
