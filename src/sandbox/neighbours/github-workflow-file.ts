import { stringify } from 'yaml';
import { runNameOf, type GithubWorkflow } from './github-runs.ts';

/** The file of a workflow, as it would stand in `.github/workflows`: with the inputs that the example policies pass. */
function workflowFile(workflow: GithubWorkflow): string {
  const required = { required: true };
  const inputs = { channel: {}, version: required, reason: required, correlation_id: required };
  return stringify({
    name: workflow.name,
    'run-name': runNameOf(workflow),
    on: { workflow_dispatch: { inputs } },
    jobs: { deploy: { 'runs-on': 'ubuntu-latest', steps: [{ run: './deploy.sh' }] } },
  });
}

/** As the contents API of GitHub answers. */
export function workflowContents(workflow: GithubWorkflow): Response {
  const content = Buffer.from(workflowFile(workflow)).toString('base64');
  const path = `.github/workflows/${workflow.file}`;
  return Response.json({ type: 'file', encoding: 'base64', name: workflow.file, path, content });
}
