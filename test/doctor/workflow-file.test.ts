import { expect, test } from 'vitest';
import { mistakesInWorkflow } from '../../src/doctor/workflow-file.ts';

const inputs = 'version: { required: true }, reason: {}, correlation_id: {}';
const fits = `
run-name: rollback \${{ inputs.version }} [\${{ inputs.correlation_id }}]
on:
  workflow_dispatch:
    inputs: { ${inputs} }
`;

test.each([
  ['a workflow that fits', fits, []],
  [
    'the long name of an input',
    fits.replace('inputs.correlation_id', 'github.event.inputs.correlation_id'),
    [],
  ],
  ['brackets', fits.replace('inputs.correlation_id', "inputs['correlation_id']"), []],
  [
    'a required input with a default',
    fits.replace('reason: {}', 'reason: {}, region: { required: true, default: eu }'),
    [],
  ],
  ['other triggers besides', fits.replace('on:', 'on:\n  push: { branches: [main] }'), []],
  ['no text', '', ['it is no workflow that can be read']],
  ['no YAML', '{{', ['it is no workflow that can be read']],
  ['no dispatch', 'on: [push, pull_request]', ['it has no workflow_dispatch, so nobody can start it']],
  [
    'a dispatch that takes nothing',
    'on: workflow_dispatch\nrun-name: ${{ inputs.correlation_id }}',
    ['version', 'reason', 'correlation_id'].map(
      (name) => `it does not declare the input ${name}, which the step passes`,
    ),
  ],
  [
    'an input that is not declared',
    fits.replace('reason: {}, ', ''),
    ['it does not declare the input reason, which the step passes'],
  ],
  [
    'an input that nobody passes',
    fits.replace('reason: {}', 'reason: {}, region: { required: true }'),
    ['it requires the input region, which the step does not pass'],
  ],
  [
    'a name that shows another input',
    fits.replace('inputs.correlation_id', 'inputs.correlation_id_2'),
    ['its run-name does not show ${{ inputs.correlation_id }}'],
  ],
  [
    'no name for the run',
    fits.replace(/^run-name.*$/m, ''),
    ['its run-name does not show ${{ inputs.correlation_id }}'],
  ],
])('%s', (_, text, mistakes) => {
  expect(mistakesInWorkflow(text, ['version', 'reason'], 'correlation_id')).toEqual(mistakes);
});
