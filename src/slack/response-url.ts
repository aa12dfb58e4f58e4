const slackApi = 'https://slack.com';
const slackReplies = ['https://slack.com', 'https://hooks.slack.com'];

/**
 * Where a `response_url` may point: to the Slack that we are configured for, and nowhere else, whatever the payload
 * says.
 */
export function isResponseUrl(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  const api = new URL(apiUrl).origin;
  const origins = api === slackApi ? slackReplies : [api];
  return origins.includes(origin) && username === '' && password === '';
}
