// Adds up vitest's JSON reports, one a Node version, and prints `N passed, N failed, N skipped`. A test counts once: as
// failed if it failed on any version, as skipped if it ran on none. Before that, what failed and how, since a log may be
// read from its end. Fails when a test failed or none passed.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const verdicts = ['skipped', 'passed', 'failed']; // a later one outweighs an earlier one
const verdictOf = new Map();

// A run that broke off before its end left no report; it adds nothing, and `run` reports it as broken.
for (const report of process.argv.slice(2).filter((path) => existsSync(path))) {
  for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const seen = new Map();
    for (const test of testsOf(file)) {
      const twin = (seen.get(test.fullName) ?? 0) + 1; // tests of one table may share a name
      seen.set(test.fullName, twin);
      const key = `${file.name} ${test.fullName} ${twin}`;
      const rank = Math.max(verdicts.indexOf(test.status), 0);
      verdictOf.set(key, Math.max(rank, verdictOf.get(key) ?? 0));
      if (test.status === 'failed') console.log(failureOf(file, test));
    }
  }
}

const ranks = [...verdictOf.values()];
const [skipped, passed, failed] = verdicts.map((_, rank) => ranks.filter((other) => other === rank).length);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;

/** A file that could not be loaded, or whose clean-up failed, counts as a failed test of its own. */
function testsOf({ status, message, assertionResults }) {
  const brokenFile = status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
  return brokenFile
    ? [...assertionResults, { fullName: '(the file itself)', status, failureMessages: [message] }]
    : assertionResults;
}

function failureOf(file, { fullName, failureMessages = [] }) {
  const reason = failureMessages.join('\n').split('\n').slice(0, 12).join('\n    ');
  return `FAILED ${relative('.', file.name)}: ${fullName}\n    ${reason}`;
}
