import { createCoHostSession, createMemberSession } from '../host/index.ts';
import { createMemberFlow } from './member-flow.ts';
import { startPage } from './page.tsx';

startPage('member', (tools) =>
  createMemberFlow(tools, { member: createMemberSession, coHost: createCoHostSession }),
);
