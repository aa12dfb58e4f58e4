import { isResponseUrl } from './response-url.ts';
import { readItem, type SlackItem } from './item.ts';

/** Where the person can be answered from whom an item came; undefined when it names no such place of Slack's. */
export function answerAddress(item: Pick<SlackItem, 'body'>, apiUrl: string): string | undefined {
  try {
    const url = readItem(item)?.['response_url'];
    return typeof url === 'string' && isResponseUrl(url, apiUrl) ? url : undefined;
  } catch {
    // It is in quarantine because it cannot be read; then there is nobody to answer.
    return undefined;
  }
}
