import { Api } from './messages.js';

/** Requests by the names that Kafka's protocol gives them (ApiKeys): 'EndTxn'. */
export const requestNames: ReadonlyMap<string, number> = new Map(
  Object.entries(Api).map(([name, kind]) => [`${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, kind]),
);
