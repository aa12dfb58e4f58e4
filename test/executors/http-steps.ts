export const token = 'deploy-canary0123456789';
export const environment = { DEPLOY_TOKEN: token, BROKEN: 'a\nb' };

/** As it is when the plan was made; in the policy, `{{correlation|url}}` stands for the id. */
export function policy(host: string, id = 'OP-7.1') {
  return {
    url: `http://${host}/deploy?to=1.4.2`,
    header_env: { Authorization: 'Bearer DEPLOY_TOKEN' },
    json: { version: '1.4.2', reason: 'checkout errors' },
    check: {
      url: `http://${host}/deployments/${id}`,
      every: '1s',
      done: { 'status.state': 'succeeded' },
      failed: { 'status.state': ['failed', 'cancelled'] },
    },
    cancel: { url: `http://${host}/deployments/${id}/cancel` },
  };
}

/** The same for a deploy tool that gives what it begins an id of its own. */
export function byItsOwnId(host: string, id = 'OP-7.1') {
  const { check, ...step } = policy(host);
  return {
    ...step,
    capture: { run: 'run.id' },
    lookup: { url: `http://${host}/runs?key=${id}`, run: 'runs.0.id' },
    check: { ...check, url: `http://${host}/runs/{{run|url}}` },
    cancel: { url: `http://${host}/runs/{{run|url}}/cancel` },
  };
}
