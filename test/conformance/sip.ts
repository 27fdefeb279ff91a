import { runConformance } from './suite.ts';

/** `npm run conformance:sip`: drachtio-srf's own suite against the embedded SIP server. */
const expected = 77;
const verdict = await runConformance((line) => console.log(line));
for (const failure of verdict.failures) console.log(failure);
const missing = Math.max(0, expected - verdict.passed - verdict.failed);
console.log(`${verdict.passed} passed, ${verdict.failed + missing} failed`);
process.exitCode = verdict.failed === 0 && missing === 0 ? 0 : 1;
