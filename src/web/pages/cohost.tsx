import { createCoHostFlow } from './co-host-flow.ts';
import { startPage } from './page.tsx';

startPage('member', createCoHostFlow);
