import { load, type Order } from './load.ts';
import { startSink } from './sink.ts';

/** What the client's process is asked, and answers. */
export type Question =
  | { readonly ask: 'sink' }
  | { readonly ask: 'arrivals' }
  | { readonly ask: 'forget' }
  | { readonly ask: 'load'; readonly orders: readonly Order[] };

// One process sends alerts and takes pages, so that both are timed by one clock.
const sink = await startSink();

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'sink':
      return sink.url;
    case 'arrivals':
      return sink.arrivals;
    case 'forget':
      return void sink.arrivals.splice(0);
    case 'load':
      return Promise.all(question.orders.map(load));
    default:
      return question satisfies never;
  }
}

process.on('message', (question: Question) => {
  answer(question).then(
    (said) => process.send?.({ said }),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
